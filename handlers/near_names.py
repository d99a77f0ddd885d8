"""Whom a mistyped name may mean: one sign wrong, or written in traditional characters. They are
offered, never taken."""

from handlers.pick import with_tail
from handlers.talk import Button
from handlers.turn import Turn
from handlers.visit_line import split_line
from locales import gettext as _
from models import lookup
from models.elder import Elder
from models.staff import LIAISON

NEAREST, SHORTEST, MOST = 200, 3, 2  # of the own list; signs of a name; offered
# The commonest signs of names that are written otherwise; the rest is one sign wrong.
SIMPLE = str.maketrans(
    "陳張劉楊黃趙吳孫馬羅鄭謝許鄧馮蔣蕭葉閻餘盧鐘譚陸賈韋鄒龔萬錢湯賀賴顏嚴歐陽龍國華榮貴蘭鳳麗勝"
    "義財業東進興偉寶緒慶豐時樂壽遠達愛雲飛憲農廣開學長傑紅銀鐵鋼蓮連運順禮賢誠詩維經繼紹綱綿綠",
    "陈张刘杨黄赵吴孙马罗郑谢许邓冯蒋萧叶阎余卢钟谭陆贾韦邹龚万钱汤贺赖颜严欧阳龙国华荣贵兰凤丽胜"
    "义财业东进兴伟宝绪庆丰时乐寿远达爱云飞宪农广开学长杰红银铁钢莲连运顺礼贤诚诗维经继绍纲绵绿",
)


def near_names(turn: Turn, words: str) -> list[Button]:
    """A visit to whoever of the own list is named nearly so, with what was said behind."""
    if turn.staff.role != LIAISON:
        return []
    simple = words.translate(SIMPLE)
    own = lookup.caseload(turn.session, turn.staff, turn.today, 0, NEAREST)
    near = [elder for elder, _on in own
            if elder.name not in words and is_nearly_in(elder.name, simple)]  # fmt: skip
    if len({elder.name for elder in near}) < len(near):
        return []  # two buttons that read alike
    tail = " ".join(split_line(words, turn.today)[1])
    return [_visit(turn, elder, tail) for elder in near[:MOST]]


def is_nearly_in(name: str, words: str) -> bool:
    """Whether it stands there whole, or, from three signs on, with one that is another."""
    if name in words:
        return True
    parts = (words[at : at + len(name)] for at in range(len(words) - len(name) + 1))
    return len(name) >= SHORTEST and any(
        sum(one == other for one, other in zip(name, part, strict=True)) == len(name) - 1
        for part in parts
    )


def _visit(turn: Turn, elder: Elder, tail: str) -> Button:
    label = _("Visit %(name)s") % {"name": turn.shown(elder.name)}
    return Button(label, with_tail("/visit", elder, tail))
