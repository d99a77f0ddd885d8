"""A scripted load: liaisons at their phones, walking through visits at the Bot API test server.

Each looks at her chat and answers the newest card by a button or a word. When nothing comes she
presses again; what she typed she does not type again, so it must not get lost. She remembers
what she answered.
"""

import asyncio
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import TypeVar

from tests.bot_api_server import BotApi
from tests.bot_api_world import Shown

T = TypeVar("T")
BUTTON = re.compile(r"f\.(\w+)\.(\d+)\.(.+)")
PATIENCE = 1.0  # seconds until a button is pressed again
SCREEN = 30  # messages: further up nobody looks
BACK, SUBMIT, ANSWER = "<", "s", "a:"


@dataclass
class Walk:
    """One visit as the liaison knows it; `tag` is the card's, `answers` what she gave in order."""

    elder: str
    tag: str = ""
    answers: list[str] = field(default_factory=list)
    noted: bool = False
    done: bool = False


@dataclass
class Card:
    """The newest card of a visit: which message, at which revision, what can be tapped."""

    message: int
    tag: str
    rev: int
    codes: dict[str, str]  # what a tap means, to its data
    text: str


class Liaison:
    """`longest` is the longest she waited for an answer, in seconds."""

    def __init__(self, api: BotApi, chat: int, elders: list[str], seed: object) -> None:
        self.api, self.chat, self.elders = api, chat, elders
        self.chance = Random(f"{seed}-{chat}")
        self.walks: list[Walk] = []
        self.updates: list[int] = []
        self.pressed_again = 0
        self.longest = 0.0
        self.going_home = False
        self.news = asyncio.Event()  # to be set when something is shown in her chat
        self.words: Iterator[str] = (f"话{chat}x{n}" for n in range(10_000))

    async def work(self) -> None:
        """Visit after visit, until told to stop: then she waits for her last answer and goes."""
        for elder in self.elders:
            self.walks.append(Walk(elder))
            await self.walk(self.walks[-1])
            if self.going_home:
                return

    async def walk(self, walk: Walk) -> None:
        old = {one.tag for one in self.walks}
        self.type(f"/visit {walk.elder}")
        card = await self.wait(lambda: self.card(but=old))
        walk.tag = card.tag
        while not walk.done and not self.going_home:
            card = await self.answer(walk, card)

    async def answer(self, walk: Walk, card: Card) -> Card:
        """One answer, by word or button; gives the card that it led to."""
        if self.writes(walk, card):
            self.type(walk.answers[-1])
            return await self.wait(lambda: self.after(walk, card))
        step = self.chosen(walk, card)
        self.keep(walk, step)
        self.tap(walk, step)
        return await self.wait(lambda: self.after(walk, card), again=lambda: self.tap(walk, step))

    def writes(self, walk: Walk, card: Card) -> bool:
        """Words where the card asks for some, and sometimes a note at the end."""
        asked = "打字" in card.text and self.chance.random() < 0.5
        noted = SUBMIT in card.codes and not walk.noted and self.chance.random() < 0.5
        if asked or noted:
            walk.answers.append(next(self.words))
            walk.noted = walk.noted or noted
        return asked or noted

    def chosen(self, walk: Walk, card: Card) -> str:
        if SUBMIT in card.codes:
            return SUBMIT
        if walk.answers and BACK in card.codes and self.chance.random() < 0.07:
            return BACK
        return self.chance.choice([code for code in card.codes if code.startswith(ANSWER)])

    def keep(self, walk: Walk, step: str) -> None:
        if step == BACK:
            walk.answers.pop()
        elif step != SUBMIT:
            walk.answers.append(step.removeprefix(ANSWER))

    # What she does

    def type(self, text: str) -> None:
        self.updates.append(self.api.say(self.chat, text))

    def tap(self, walk: Walk, step: str) -> None:
        """On the newest card there is. After a crash that may be an older state of it, without
        this button: tapping any other there must bring the current one."""
        card = self.card(walk.tag)
        assert card, f"{self.chat}: the card of {walk} is gone"
        data = card.codes.get(step) or next(iter(card.codes.values()))
        self.updates.append(self.api.press(self.chat, data, card.message))

    async def wait(
        self, seen: Callable[[], T | None], again: Callable[[], None] | None = None
    ) -> T:
        """Until she sees what she waits for; does it `again` when nothing came."""
        clock = asyncio.get_running_loop().time
        began = next_at = clock()
        while not (found := seen()):
            if clock() >= next_at:
                if again and next_at > began:
                    again()
                    self.pressed_again += 1
                next_at = clock() + PATIENCE * (1 + self.chance.random())
            self.news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(next_at - clock()):
                    await self.news.wait()
        self.longest = max(self.longest, clock() - began)
        return found

    # What she sees

    def screen(self) -> list[Shown]:
        newest = islice(reversed(self.api.room(self.chat).messages.values()), SCREEN)
        return [shown for shown in newest if shown.by_bot]

    def card(self, tag: str = "", but: Collection[str] = ()) -> Card | None:
        for shown in self.screen():
            found = [hit for _label, data in shown.buttons if (hit := BUTTON.fullmatch(data))]
            mine = [hit for hit in found if hit[1] not in but and tag in ("", hit[1])]
            if mine:
                codes = {hit[3]: hit[0] for hit in mine}
                return Card(shown.id, mine[0][1], int(mine[0][2]), codes, shown.text)
        return None

    def after(self, walk: Walk, before: Card) -> Card | None:
        """The card once it has moved on, or as it was when the visit is recorded."""
        recorded = f"/fix {walk.tag}"
        if any(recorded == data for one in self.screen() for _label, data in one.buttons):
            walk.done = True
            return before
        card = self.card(walk.tag)
        return card if card and card.rev > before.rev else None
