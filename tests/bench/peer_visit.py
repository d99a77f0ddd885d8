"""The same visit for bots written the usual way: its questions, and people who answer them."""

from collections.abc import Iterable
from typing import Any

from tests.bench.office import Size, chat_of, elder_code, press, typed

QUESTIONS = {
    "how": ("怎么走访的?", ("上门", "电话", "视频", "医院", "委托", "没见到人")),
    "spirit": ("今天精神怎么样?", ("有说有笑", "话少", "低落孤单", "糊涂", "流露轻生", "没看到")),
    "health": ("身体怎么样?", ("稳定", "小毛病", "老病加重", "突发急病", "在医院", "没看到")),
    "family_care": (
        "子女照顾得怎么样?",
        ("周到", "基本尽责", "很少来", "不管", "无子女", "没看到"),
    ),
    "lodging": ("住得怎么样?", ("整洁安全", "小问题", "有隐患", "危房", "有险情", "没看到")),
    "meals": ("吃得怎么样?", ("三餐正常", "简单", "胃口差", "没人做饭", "一天没吃", "没看到")),
    "present": ("谁在场?", ("本人", "老伴", "子女", "护工", "邻居", "村干部")),
    "review": ("核对一下。", ("提交", "修改", "备注", "答应的事", "改日期", "放弃")),
}
NAMES = tuple(QUESTIONS)
STEPS = len(NAMES) + 1  # with the command that begins
BRIEF = "高*昌 81岁 柳泉村\n上次 11月1日(11天前),上门:都好\n生日 1月18日,满82岁"


def keyboard(name: str) -> list[list[tuple[str, str]]]:
    """Rows of (label, data)."""
    buttons = [(label, f"{name}:{place}") for place, label in enumerate(QUESTIONS[name][1])]
    return [buttons[at : at + 2] for at in (0, 2, 4)]


def card(name: str, answers: dict[str, Any]) -> str:
    place = NAMES.index(name) + 1
    so_far = " · ".join(QUESTIONS[q][1][int(code)] for q, code in answers.items() if q in QUESTIONS)
    return f"走访 高*昌 · {place}/{len(NAMES)}\n{so_far or BRIEF}\n{QUESTIONS[name][0]}"


def after(name: str) -> str:
    """The next question; empty after the last."""
    return NAMES[NAMES.index(name) + 1] if name != NAMES[-1] else ""


def half_filled(stage: int) -> dict[str, Any]:
    """What a person at this stage (1 to 8) has answered, with what is kept beside it."""
    answers = dict.fromkeys(NAMES[: stage - 1], "0")
    return {"code": "E000000", "name": "高永昌", "brief": BRIEF, **answers}


class PeerPhones:
    """Everybody is at some question of a visit and answers it with the first button."""

    def __init__(self, size: Size) -> None:
        self.size = size
        self.stage = [1 + one % len(NAMES) for one in range(size.liaisons)]
        self.number = 1000

    def updates(self, liaisons: Iterable[int]) -> list[dict[str, Any]]:
        return [self.next(liaison) for liaison in liaisons]

    def next(self, liaison: int) -> dict[str, Any]:
        self.number += 1
        stage, chat = self.stage[liaison], chat_of(liaison)
        self.stage[liaison] = (stage + 1) % STEPS
        if stage == 0:
            return typed(self.number, chat, f"/visit {elder_code(liaison, 0, self.size)}")
        name = NAMES[stage - 1]
        text = card(name, dict.fromkeys(NAMES[: stage - 1], "0"))
        return press(self.number, chat, f"{name}:0", text, keyboard(name))
