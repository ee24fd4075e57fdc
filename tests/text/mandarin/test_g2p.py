"""Readings, tone sandhi and erhua against hand-written pinyin."""

import pytest

from omnitalker.text.mandarin.g2p import MandarinG2P, pinyin_of
from omnitalker.text.mandarin.pinyin import is_pinyin
from omnitalker.text.mandarin.words import READINGS

SPOKEN = """
不要 bu2 yao4
不好 bu4 hao3
好不好 hao3 bu5 hao3
是不是 shi4 bu5 shi4
一个人 yi2 ge4 ren2
一天 yi4 tian1
一起 yi4 qi3
一定 yi2 ding4
第一次 di4 yi1 ci4
统一 tong3 yi1
一百一十一 yi4 bai3 yi1 shi2 yi1
看一看 kan4 yi5 kan4
你好 ni2 hao3
小老虎 xiao3 lao2 hu3
展览馆 zhan2 lan2 guan3
我很好 wo3 hen2 hao3
可以 ke2 yi3
走得很快 zou3 de5 hen3 kuai4
他高兴地笑了 ta1 gao1 xing4 de5 xiao4 le5
我得走了 wo3 dei2 zou3 le5
银行行长 yin2 hang2 hang2 zhang3
重庆很重要 chong2 qing4 hen3 zhong4 yao4
长大了 zhang3 da4 le5
音乐使我快乐 yin1 yue4 shi2 wo3 kuai4 le4
还没有还给我 hai2 mei2 you3 huan2 gei2 wo3
都市里都是人 du1 shi4 li3 dou1 shi4 ren2
女儿 nv3 er2
儿子 er2 zi5
睡着了 shui4 zhao2 le5
他正在看着我 ta1 zheng4 zai4 kan4 zhe5 wo3
了解 liao2 jie3
头发 tou2 fa5
便宜 pian2 yi5
方便 fang1 bian4
的确 di2 que4
目的 mu4 di4
绿色 lv4 se4
学习中文 xue2 xi2 zhong1 wen2
一月一号 yi1 yue4 yi1 hao4
两点 liang2 dian3
什么时候 shen2 me5 shi2 hou5
为什么 wei4 shen2 me5
我们的老师 wo3 men5 de5 lao3 shi1
数据 shu4 ju4
背着书包 bei1 zhe5 shu1 bao1
教我中文 jiao1 wo3 zhong1 wen2
干什么 gan4 shen2 me5
行不行 xing2 bu5 xing2
自行车 zi4 xing2 che1
旅行 lv3 xing2
觉得 jue2 de5
地球 di4 qiu2
慢慢地走 man4 man4 de5 zou3
处理问题 chu2 li3 wen4 ti2
朝阳 zhao1 yang2
大夫 dai4 fu5
暖和 nuan3 huo5
我和你 wo3 he2 ni3
转身 zhuan3 shen1
中奖了 zhong4 jiang3 le5
种树 zhong4 shu4
这种 zhe4 zhong3
只有一只猫 zhi2 you3 yi4 zhi1 mao1
看了看 kan4 le5 kan4
吃了吗 chi1 le5 ma5
好吧 hao3 ba5
谁 shui2
哪里 na2 li3
那里 na4 li3
妈妈 ma1 ma5
星期一 xing1 qi1 yi1
十一个 shi2 yi1 ge4
一万 yi2 wan4
一千 yi4 qian1
人工智能 ren2 gong1 zhi4 neng2
语音合成 yu3 yin1 he2 cheng2
模型 mo2 xing2
系统 xi4 tong3
调整参数 tiao2 zheng3 can1 shu4
我想买一本书 wo3 xiang2 mai3 yi4 ben3 shu1
三千一百 san1 qian1 yi4 bai3
"""


@pytest.mark.parametrize("line", SPOKEN.strip().splitlines())
def test_connected_speech(line: str) -> None:
    written, _, expected = line.partition(" ")
    assert " ".join(pinyin_of(written)) == expected


def test_every_correction_has_one_syllable_for_each_character() -> None:
    for word, reading in READINGS.items():
        assert len(word) == len(reading.split()), word
        assert all(is_pinyin(s) or s == "r5" for s in reading.split()), word


def test_retroflex_endings_join_their_syllable() -> None:
    dot, ending = MandarinG2P().phonemes(["点", "儿"])
    assert [(p.symbol, p.tone) for p in ending] == [("ɹ", 5)]
    assert "n" not in [p.symbol for p in dot]


def test_one_answer_per_character_even_for_rare_ones() -> None:
    chars = list("龘齉𠮷𪚥你")
    assert len(MandarinG2P().phonemes(chars)) == len(chars)
