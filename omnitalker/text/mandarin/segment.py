"""Where Mandarin words end, which is not written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from omnitalker.text.mandarin.normalise import HAN
from omnitalker.text.mandarin.words import READINGS, THIRD_TONE_WORDS, UNCHANGED_YI
from omnitalker.text.wordlist import words

COMMON: Final = words(
    "一个 一些 一样 一直 一定 一起 一共 一下 一点 一般 一切 一边 两个 三个 几个 每个 这个 那个 哪个 这些 那些 这里 那里 哪里 这样 那样 怎样 ",
    "我的 你的 他的 自己 大家 别人 我国 今天 明天 昨天 后天 前天 今年 明年 去年 现在 刚才 以前 以后 之前 之后 早上 上午 中午 下午 晚上 ",
    "夜里 春天 夏天 秋天 冬天 星期 时间 小时 分钟 年代 世纪 然后 最后 最近 最好 最高 最低 经常 常常 已经 正在 马上 立刻 突然 忽然 终于 ",
    "永远 从来 往往 有时 有的 有点 没有 不是 不会 不能 不要 不同 不过 不但 不仅 不用 不好 不少 不错 但是 而且 因此 所有 如果 虽然 即使 ",
    "无论 只要 只是 除了 关于 对于 由于 根据 通过 为什么 非常 十分 特别 比较 更加 尤其 几乎 大约 差点 真的 确实 当然 其实 其他 其中 ",
    "另外 许多 很多 多少 大多 全部 部分 整个 各种 各个 可能 能够 需要 必须 应当 愿意 希望 想要 喜爱 开始 结束 继续 停止 完成 进行 发生 ",
    "出现 变成 成为 得出 使用 利用 帮助 支持 反对 同意 参观 学习 工作 生活 休闲 旅行 运动 比赛 讨论 研究 解决 决定 选择 准备 安排 计划 ",
    "组织 建设 建立 发展 提高 增加 降低 改变 改善 保护 保证 表示 说明 介绍 解释 回答 问题 提出 要求 建议 意见 看法 想法 办法 方法 方式 ",
    "方面 情况 条件 原因 目标 作用 影响 变化 机会 经验 能力 水平 质量 数量 价格 经济 政治 社会 文化 科学 技术 教育 历史 艺术 语言 文字 ",
    "汉语 英语 中文 英文 中国 北京 上海 广州 深圳 香港 台湾 台北 臺北 美国 英国 法国 德国 日本 韩国 世界 国家 城市 农村 地区 地址 地图 ",
    "学校 大学 中学 小学 老师 同学 同事 公司 工厂 商店 超市 市场 饭店 餐厅 医院 车站 机场 公园 图书馆 博物馆 电影院 房间 客厅 厨房 卧室 ",
    "门口 附近 旁边 前面 后面 上面 下面 里面 外面 中间 左边 右边 东边 西边 南方 北方 爸妈 父母 父亲 母亲 丈夫 妻子 女儿 男人 女人 男孩 ",
    "女孩 老人 年轻 身体 健康 生病 感冒 发烧 头疼 吃药 眼前 心里 心情 高兴 开心 快乐 难过 生气 害怕 担心 放心 惊讶 失望 满意 感动 感谢 ",
    "对不起 不客气 再见 欢迎 收看 收听 节目 新闻 消息 报纸 杂志 电视 电影 电脑 手机 电话 网络 网站 网上 软件 视频 音频 照片 图片 信息 ",
    "数据 系统 程序 文件 天气 气温 温度 下雨 下雪 刮风 晴天 阴天 太阳 月亮 天空 大海 河流 森林 花草 树木 动物 植物 小狗 小猫 苹果 香蕉 ",
    "西瓜 水果 蔬菜 牛奶 咖啡 面包 米饭 面条 饺子 鸡蛋 牛肉 羊肉 猪肉 早饭 午饭 晚饭 吃饭 喝水 喝茶 做饭 睡觉 起床 洗脸 刷牙 上班 下班 ",
    "上学 放学 上课 下课 回家 出门 出去 进去 进来 出来 回来 回去 上来 下去 过来 过去 起来 看见 看到 听见 听到 听说 想到 知名 记住 忘记 ",
    "觉悟 认为 以为 发展 打开 关上 打电话 写信 读书 看书 唱歌 跳舞 画画 游泳 跑步 走路 开车 坐车 骑车 火车 汽车 公交车 出租车 自行车 ",
    "飞机 地铁 轮船 路上 买东西 花钱 便宜 贵的 漂亮 美丽 好看 好听 好吃 好玩 简单 容易 困难 重要 主要 必要 严重 危险 安全 安静 热闹 ",
    "干燥 潮湿 新鲜 奇怪 有趣 有名 著名 普通 特殊 正常 正确 错误 完全 同样 相同 直接 间接 共同 独立 自由 公平 和平 战争 法律 政府 人民 ",
    "农民 工人 医学 护士 警察 司机 经理 校长 记者 作家 演员 歌手 明星 朋友们 孩子们 故事 小说 诗歌 音乐会 春节 中秋节 生日 礼物 红包 ",
)
"""Words that every text has: a number, a unit or a name is not torn from its word for want of a dictionary."""
_LONGEST: Final = 4
_RUN: Final = re.compile(f"[{HAN}]+")


def word_ends(text: str) -> Iterator[int]:
    """Positions after each word of every run of Han characters: the longest that is known, else one character."""
    for run in _RUN.finditer(text):
        place = run.start()
        while place < run.end():
            sizes = range(min(_LONGEST, run.end() - place), 1, -1)
            place += next((n for n in sizes if text[place : place + n] in _known()), 1)
            yield place


@cache
def _known() -> frozenset[str]:
    from pypinyin.constants import PHRASES_DICT

    own = {*COMMON, *READINGS, *THIRD_TONE_WORDS, *UNCHANGED_YI}
    return frozenset(own.union(phrase for phrase in PHRASES_DICT if len(phrase) <= _LONGEST))
