"""Readings that pypinyin gets wrong, and words that steer tone sandhi."""

from __future__ import annotations

from typing import Final

from omnitalker.text.wordlist import words

READINGS: Final = {
    "重庆": "chong2 qing4", "银行": "yin2 hang2", "行长": "hang2 zhang3", "行业": "hang2 ye4",
    "处理": "chu3 li3", "处方": "chu3 fang1", "调查": "diao4 cha2", "调整": "tiao2 zheng3", "角色": "jue2 se4",
    "大夫": "dai4 fu5", "为了": "wei4 le5", "因为": "yin1 wei4", "还给": "huan2 gei3", "觉得": "jue2 de5",
    "睡觉": "shui4 jiao4", "长大": "zhang3 da4", "音乐": "yin1 yue4", "快乐": "kuai4 le4",
    "一会儿": "yi1 hui4 r5", "这儿": "zhe4 r5", "那儿": "na4 r5", "哪儿": "na3 r5", "点儿": "dian3 r5",
    "事儿": "shi4 r5", "玩儿": "wan2 r5", "花儿": "hua1 r5", "会儿": "hui4 r5", "劲儿": "jin4 r5",
    "地方": "di4 fang5", "东西": "dong1 xi5", "朋友": "peng2 you5", "先生": "xian1 sheng5", "认识": "ren4 shi5",
    "知道": "zhi1 dao5", "时候": "shi2 hou5", "明白": "ming2 bai5", "漂亮": "piao4 liang5", "喜欢": "xi3 huan5",
    "告诉": "gao4 su5", "意思": "yi4 si5", "什么": "shen2 me5", "怎么": "zen3 me5", "这么": "zhe4 me5",
    "那么": "na4 me5", "多么": "duo1 me5", "我们": "wo3 men5", "你们": "ni3 men5", "他们": "ta1 men5",
    "她们": "ta1 men5", "它们": "ta1 men5", "人们": "ren2 men5", "咱们": "zan2 men5", "爸爸": "ba4 ba5",
    "妈妈": "ma1 ma5", "哥哥": "ge1 ge5", "弟弟": "di4 di5", "姐姐": "jie3 jie5", "妹妹": "mei4 mei5",
    "爷爷": "ye2 ye5", "奶奶": "nai3 nai5", "谢谢": "xie4 xie5", "星星": "xing1 xing5", "孩子": "hai2 zi5",
    "儿子": "er2 zi5", "桌子": "zhuo1 zi5", "椅子": "yi3 zi5", "房子": "fang2 zi5", "样子": "yang4 zi5",
    "句子": "ju4 zi5", "电子": "dian4 zi3", "原子": "yuan2 zi3", "分子": "fen1 zi3", "男子": "nan2 zi3",
    "女子": "nv3 zi3", "王子": "wang2 zi3", "种子": "zhong3 zi5", "便宜": "pian2 yi5", "衣服": "yi1 fu5",
    "舒服": "shu1 fu5", "学生": "xue2 sheng5", "医生": "yi1 sheng1", "眼睛": "yan3 jing5", "耳朵": "er3 duo5",
    "头发": "tou2 fa5", "出发": "chu1 fa1", "发现": "fa1 xian4", "干净": "gan1 jing4", "干部": "gan4 bu4",
    "关系": "guan1 xi5", "没关系": "mei2 guan1 xi5", "麻烦": "ma2 fan5", "打算": "da3 suan5", "事情": "shi4 qing5",
    "故事": "gu4 shi5", "消息": "xiao1 xi5", "休息": "xiu1 xi5", "窗户": "chuang1 hu5", "葡萄": "pu2 tao5",
    "豆腐": "dou4 fu5", "聪明": "cong1 ming5", "厉害": "li4 hai5", "清楚": "qing1 chu5", "商量": "shang1 liang5",
    "都市": "du1 shi4", "首都": "shou3 du1", "成都": "cheng2 du1", "了解": "liao3 jie3", "为了解": "wei4 liao3 jie3",
    "受不了": "shou4 bu5 liao3", "了不起": "liao3 bu5 qi3", "不得了": "bu4 de2 liao3", "忘不了": "wang4 bu5 liao3",
    "睡着": "shui4 zhao2", "着急": "zhao2 ji2", "着火": "zhao2 huo3", "长城": "chang2 cheng2", "校长": "xiao4 zhang3",
    "市长": "shi4 zhang3", "成长": "cheng2 zhang3", "增长": "zeng1 zhang3", "家长": "jia1 zhang3", "院长": "yuan4 zhang3",
    "会计": "kuai4 ji4", "教书": "jiao1 shu1", "教室": "jiao4 shi4", "数学": "shu4 xue2", "数一数": "shu3 yi5 shu3",
    "还是": "hai2 shi5", "还有": "hai2 you3", "归还": "gui1 huan2", "还钱": "huan2 qian2", "还书": "huan2 shu1",
    "差不多": "cha4 bu5 duo1", "出差": "chu1 chai1", "参差": "cen1 ci1", "参加": "can1 jia1", "人参": "ren2 shen1",
    "一模一样": "yi4 mu2 yi2 yang4", "模样": "mu2 yang4", "模型": "mo2 xing2", "空调": "kong1 tiao2", "有空": "you3 kong4",
    "没空": "mei2 kong4", "血液": "xue4 ye4", "流血": "liu2 xie3", "薄弱": "bo2 ruo4", "假期": "jia4 qi1",
    "放假": "fang4 jia4", "请假": "qing3 jia4", "中奖": "zhong4 jiang3", "背包": "bei1 bao1", "答应": "da1 ying5",
    "反应": "fan3 ying4", "应该": "ying1 gai1", "相片": "xiang4 pian4", "照相": "zhao4 xiang4", "得意": "de2 yi4",
    "得到": "de2 dao4", "获得": "huo4 de2", "取得": "qu3 de2", "值得": "zhi2 de5", "记得": "ji4 de5", "只得": "zhi3 de2",
    "倒车": "dao4 che1", "倒下": "dao3 xia4", "好奇": "hao4 qi2", "爱好": "ai4 hao4", "好学": "hao4 xue2",
    "曾经": "ceng2 jing1", "姓曾": "xing4 zeng1", "单于": "chan2 yu2", "茄子": "qie2 zi5", "朝阳": "zhao1 yang2",
    "朝代": "chao2 dai4", "宿舍": "su4 she4", "舍得": "she3 de5", "似的": "shi4 de5", "相似": "xiang1 si4",
    "目的": "mu4 di4", "的确": "di2 que4", "的士": "di1 shi4", "打的": "da3 di1", "结果": "jie2 guo3",
    "率领": "shuai4 ling3", "效率": "xiao4 lv4", "勉强": "mian3 qiang3", "露面": "lou4 mian4", "暴露": "bao4 lu4",
    "地球": "di4 qiu2", "地铁": "di4 tie3", "土地": "tu3 di4", "当地": "dang1 di4", "各地": "ge4 di4", "地上": "di4 shang5",
    "背着": "bei1 zhe5", "教我": "jiao1 wo3", "教你": "jiao1 ni3", "教他": "jiao1 ta1", "教她": "jiao1 ta1",
    "西安": "xi1 an1", "厦门": "xia4 men2", "六安": "lu4 an1", "蚌埠": "beng4 bu4",
}  # fmt: skip
"""Word -> pinyin, one syllable for each character. Longer words win."""

THIRD_TONE_WORDS: Final = frozenset(
    words(
        "老虎 展览 水果 可以 所以 你好 也许 只有 只好 洗澡 小姐 小组 手表 手指 语法 理解 了解 管理 处理 表演 ",
        "影响 打扫 打扰 雨伞 选举 广场 好久 很久 永远 友好 美好 老板 岛屿 采访 导演 领导 鼓掌 勇敢 粉笔 舞蹈 ",
        "整理 保险 保守 古老 允许 简短 减少 本领 品种 海岛 海景 饮水 口语 口感 起码 起点 好友 好感 两点 九点 五点 ",
        "五百 九百 两百 小鸟 小雨 雨水 水井 土壤 党委 法语 首领 首脑 指导 主導 举手 左手 反感 反省 打倒 躲闪 ",
        "总理 总统府 蒙古 冷水 冷暖 冷饮 火腿 火把 演讲 演员表 讲演 母语 女友 女子 耳语 巧克力 果脯 酒鬼 考古 苦恼 脸谱 理想 ",
        "老鼠 老手 美满 美女 敏感 偶尔 普法 起草 浅显 山水 手掌 坦诚 挑选 图表 脱险 完美 稳妥 喜酒 小丑 小巧 小写 许久 ",
        "旅馆 眼影 掌管 主管 主演 转眼 准许 子女 总体 嘴角 走访 阻挡 组长 左转 早点 展品 很好 很想 很少 很小 很远 很美 最好",
    )
)
"""Words whose syllables are drawn together before their neighbours are: [老虎] in 小老虎."""

UNCHANGED_YI: Final = words(
    "统一 唯一 之一 万一 专一 同一 单一 第一 星期一 周一 礼拜一 初一 其一 一一 合一 一月 一号 一日 一楼 一班 一等奖 一级 一线 一零 一号线"
)
"""一 keeps its first tone in these (an ordinal, or the end of a word)."""
