"""A visit told as one speaks, mostly by voice and without a sign between the words:
今天去看了高永昌精神挺好吃饭也好家里漏雨.

1. The words that name what is looked at (精神, 吃饭, 家里) cut the sentence into parts.
2. A part that praises is a good answer; a usual hazard of the home is told by its own words.
3. All else is no answer: the card asks it, and the sentence stays with the visit as its note.
"""

import re
from itertools import zip_longest
from typing import Any

from models.visit import CONCERN, GOOD, WATCH

TOPICS = {
    "spirit": "精神面貌|精神头|精神|心情|情绪|气色",
    "health": "身体|身子骨|健康",
    "family_care": "子女|儿女|孩子|儿子|女儿|闺女|家人",
    "lodging": "家里|屋里|屋顶|房子|住房|住得|住的|住处",
    "meals": "吃饭|吃得|吃的|饭菜|饭量|伙食|胃口|用餐|三餐",
}
TOPIC = re.compile("|".join(f"(?P<{name}>{words})" for name, words in TOPICS.items()))
ENDS = re.compile(r"[,，;；。!！\n]|就是|只是|但是|不过|可是")
PRAISE = re.compile(r"好(?![像几些久])|正常|稳定|硬朗|很足|香|孝顺|周到|干净|整洁|安全|健康")
NO_TROUBLE = re.compile(r"不错|没问题|没事|没毛病|没大碍")
BLAME = re.compile(r"[不没差坏疼痛病漏少瘦哭吵摔弱晕]|一般|有点|以前|好吗|好不")
HAZARDS = (  # words, the answer, and what explains it
    (r"漏雨", CONCERN, "leak"),
    (r"(线路|电线).{0,2}(老化|旧|破|裸)", CONCERN, "wiring"),
    (r"地.{0,2}滑", CONCERN, "slippery"),
    (r"没有?暖气|(屋里|家里)(太|很)冷", CONCERN, "cold"),
    (r"漏水|水龙头.{0,2}坏|水管.{0,2}坏", WATCH, "water"),
    (r"灯.{0,2}(不亮|坏)", WATCH, "light"),
    (r"[门窗]户?.{0,1}坏", WATCH, "door"),
)
DENIED, MENDED = r"(?<![不没有])", r"(?!.{0,6}(修好|好了|修过))"
VISITED = re.compile(r"去看|看望|看了|探望|走访|去了|上门|打了?个?电话|视频")
NOT_YET = re.compile(r"明天|后天|下周|准备|打算|想去|要去|希望|祝|[吗?？]$")


def observed(words: str) -> dict[str, Any]:
    """The answers that the sentence gives; none where it tells of no visit."""
    if NOT_YET.search(words):
        return {}
    good, home = _praised(words), _hazard(words)
    if not good and not (home and VISITED.search(words)):
        return {}
    return {**good, **home}


def names_a_topic(words: str) -> bool:
    """Then 挺好 speaks of that alone, and not of everything."""
    return bool(TOPIC.search(words))


def _praised(words: str) -> dict[str, Any]:
    found = list(TOPIC.finditer(words))
    ends = [one.start() for one in found[1:]]
    said: dict[str, set[bool]] = {}
    for one, end in zip_longest(found, ends):
        part = ENDS.split(words[one.end() : end], maxsplit=1)[0]
        said.setdefault(str(one.lastgroup), set()).add(_is_praise(part))
    return {name: GOOD for name, each in said.items() if each == {True}}


def _is_praise(part: str) -> bool:
    part = NO_TROUBLE.sub("好", part)
    return bool(PRAISE.search(part)) and not BLAME.search(part)


def _hazard(words: str) -> dict[str, Any]:
    for named, answer, detail in HAZARDS:
        if re.search(f"{DENIED}({named}){MENDED}", words):
            return {"lodging": answer, "lodging_more": detail}
    return {}
