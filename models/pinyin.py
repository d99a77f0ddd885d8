"""How a name is said: pinyin and initials, so that a liaison may type `gyc` for 高永昌.

pypinyin takes 45 MB, so only an import or an edit of a name loads it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

# A character that is read another way as a surname; two-character surnames come first.
SURNAMES = {
    "尉迟": "yu chi", "万俟": "mo qi", "单于": "chan yu", "长孙": "zhang sun", "澹台": "tan tai",
    "令狐": "ling hu", "鲜于": "xian yu", "欧阳": "ou yang", "夏侯": "xia hou", "尉": "wei",
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "区": "ou", "盖": "ge", "查": "zha",
    "任": "ren", "华": "hua", "朴": "piao", "冼": "xian", "洗": "xian", "缪": "miao", "乐": "yue",
    "逄": "pang", "种": "chong", "秘": "bi", "折": "she", "员": "yun", "宁": "ning", "葛": "ge",
    "燕": "yan", "应": "ying", "牟": "mu", "句": "gou", "撒": "sa", "哈": "ha", "黑": "he",
    "繁": "po", "覃": "qin", "翟": "zhai", "臧": "zang", "宿": "su", "卜": "bu", "车": "che",
    "沈": "shen", "过": "guo", "召": "shao", "於": "yu", "隗": "wei", "佘": "she", "晁": "chao",
    "谌": "chen", "郗": "xi", "莘": "shen", "訾": "zi", "郇": "xun", "阚": "kan", "那": "na",
    "教": "jiao", "纪": "ji", "曲": "qu", "石": "shi", "盛": "sheng", "重": "chong", "行": "xing",
    "炅": "gui", "都": "du", "藏": "zang", "祭": "zhai", "相": "xiang", "柏": "bai", "褚": "chu",
}  # fmt: skip


SYLLABLE = (
    r"(?:[zcs]h|[bpmfdtnlgkhjqxrzcsyw])?"
    r"(?:i?ang?|i?ong|i?ao|iang|uang?|uai|uo|ua|ia|i[eu]|u[ein]|v[en]|ue|ai|eng?|e[ir]|ou|ing?"
    r"|[aeiouv])"
)


def surnames_in(pinyin: str, name: str) -> Iterator[str]:
    """zhou of zhouming (周明): each beginning after which the rest may be the given name."""
    own, given = (
        (2, len(name) - 2) if name[:2] in SURNAMES and len(name) > 2 else (1, len(name) - 1)
    )
    for end in range(1, len(pinyin)):
        if re.fullmatch(f"(?:{SYLLABLE}){{{own}}}", pinyin[:end]) and re.fullmatch(
            f"(?:{SYLLABLE}){{{given}}}", pinyin[end:]
        ):
            yield pinyin[:end]


def sound(name: str) -> tuple[str, str]:
    """高永昌 -> ("gaoyongchang", "gyc"); ü is written v; latin letters stay as they are."""
    syllables = [part for part in _syllables(name) if part]
    return "".join(syllables), "".join(part[0] for part in syllables)


def _syllables(name: str) -> list[str]:
    for length in (2, 1):
        known = SURNAMES.get(name[:length])
        if known and len(name) > length:
            return known.split() + _read(name[length:])
    return _read(name)


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text, errors=_letters))


def _read(text: str) -> list[str]:
    return ["".join(char for char in word.lower() if char.isalnum()) for word in _words(text)]


def _letters(text: str) -> str:
    """What pypinyin cannot read: latin letters are kept, signs are dropped."""
    return "".join(char for char in text if char.isascii() and char.isalnum())
