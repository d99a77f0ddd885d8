"""Liaisons who press what their newest card offers: the benches' people."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any, NamedTuple

from sqlalchemy import Engine, select
from sqlmodel import SQLModel

from tests.bench.office import Size, chat_of, elder_code, named, press, typed

OUTGOING = SQLModel.metadata.tables["outgoing"]
USUALLY = (93, 6, 1)  # of a hundred observations: good, watch, concern


class Shown(NamedTuple):
    text: str
    rows: list[list[list[str]]]


def choose(codes: Sequence[str], random: Random) -> str:
    """The button a liaison presses who visits in person: an answer, submit, the next elder;
    empty when her list is done and none is offered."""
    answers = [code for code in codes if ".a:" in code]
    if any(code.endswith(":in_person") for code in answers):
        return answers[0]
    if answers:
        likely = answers[:3]
        return random.choices(likely, USUALLY[: len(likely)])[0]
    submit = [code for code in codes if code.endswith(".s")]
    return next(iter(submit or [code for code in codes if code.startswith("/visit ")]), "")


class Phones:
    """`updates` makes what these people do next; `look` shows them what was answered.

    A card is answered question by question, without the one-tap shortcut, up to submit; then
    the next elder is opened: nine or ten steps a visit.
    """

    def __init__(self, size: Size, seed: int = 1) -> None:
        self.size = size
        self.random = Random(seed)
        self.shown: dict[int, Shown] = {}
        self.seen = 0
        self.number = 1000
        self.rounds = [0] * size.liaisons
        self.liaison = {named("chat", one): one for one in range(size.liaisons)}

    def updates(self, liaisons: Iterable[int]) -> list[dict[str, Any]]:
        return [self.next(liaison) for liaison in liaisons]

    def next(self, liaison: int) -> dict[str, Any]:
        self.number += 1
        chat, shown = chat_of(liaison), self.shown.get(liaison)
        code = choose([c for row in shown.rows for _label, c in row], self.random) if shown else ""
        if shown and code:
            return press(self.number, chat, code, shown.text, shown.rows)
        return typed(self.number, chat, f"/visit {self.whom(liaison)}")

    def whom(self, liaison: int) -> str:
        """The code of each of her elders in turn."""
        self.rounds[liaison] += 1
        return elder_code(liaison, self.rounds[liaison] % self.size.elders_each, self.size)

    def look(self, engine: Engine) -> int:
        """Reads what has come in since the last look; how many messages it was."""
        columns = (OUTGOING.c.seq, OUTGOING.c.chat_id, OUTGOING.c.text, OUTGOING.c.rows)
        fresh = select(*columns).where(OUTGOING.c.seq > self.seen).order_by(OUTGOING.c.seq)
        with engine.execution_options(readonly=True).connect() as connection:
            rows = connection.execute(fresh).all()
        for row in rows:
            self.seen = row.seq
            self.number = max(self.number, 1000 + row.seq)  # keys must be new
            self.shown[self.liaison[row.chat_id]] = Shown(row.text, row.rows)
        return len(rows)
