"""A scripted load: liaisons at their phones, walking through visits at the Bot API test server.

Each looks at her chat, presses a button of the newest card, and presses again when nothing came;
what she typed she does not type again. She remembers what she answered, so that it can be
compared with what was stored.
"""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from random import Random

from tests.bot_api_server import BotApi
from tests.bot_api_world import Shown

BUTTON = re.compile(r"f\.(\w+)\.(\d+)\.(.+)")
PATIENCE = 1.0  # seconds until a button is pressed again
BACK, SUBMIT = "<", "s"


@dataclass
class Walk:
    """One visit as the liaison knows it; `tag` is the card's, `answers` what she gave in order."""

    elder: str
    tag: str = ""
    answers: list[str] = field(default_factory=list)
    note: str = ""
    submitted: bool = False
    done: bool = False


@dataclass
class Card:
    """The newest card of a visit: which message, at which revision, what can be tapped."""

    message: int
    rev: int
    codes: dict[str, str]  # what a tap means, to its data
    text: str


class Liaison:
    """`longest` is the longest she waited for an answer, in seconds."""

    def __init__(self, api: BotApi, chat: int, elders: list[str], seed: int) -> None:
        self.api, self.chat, self.elders = api, chat, elders
        self.chance = Random(f"{seed}-{chat}")  # noqa: S311
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
        walk.tag = next(tag for tag in self.tags() if tag not in old)
        while not walk.done and not self.going_home:
            card = await self.answer(walk, card)

    async def answer(self, walk: Walk, card: Card) -> Card:
        """One answer, by word or button; gives the card that it led to."""
        if self.writes(walk, card):
            self.type(walk.answers[-1])
            return await self.wait(lambda: self.after(walk, card))
        step = self.chosen(walk, card)
        self.keep(walk, step)
        return await self.wait(lambda: self.after(walk, card), press=lambda: self.tap(walk, step))

    def writes(self, walk: Walk, card: Card) -> bool:
        """Words where the card asks for some, and sometimes a note at the end."""
        asked = "打字" in card.text and self.chance.random() < 0.5
        at_the_end = SUBMIT in card.codes and not walk.note and self.chance.random() < 0.5
        if not (asked or at_the_end):
            return False
        walk.answers.append(next(self.words))
        walk.note = walk.answers[-1] if at_the_end else walk.note
        return True

    def chosen(self, walk: Walk, card: Card) -> str:
        if SUBMIT in card.codes:
            return SUBMIT
        if walk.answers and BACK in card.codes and self.chance.random() < 0.07:
            return BACK
        return self.chance.choice([code for code in card.codes if code.startswith("a:")])

    def keep(self, walk: Walk, step: str) -> None:
        if step == SUBMIT:
            walk.submitted = True
        elif step == BACK:
            walk.answers.pop()
        else:
            walk.answers.append(step.removeprefix("a:"))

    # What she does

    def type(self, text: str) -> None:
        self.updates.append(self.api.say(self.chat, text))

    def tap(self, walk: Walk, step: str) -> None:
        """On the newest card there is. After a crash that may be an older state of it, without
        this button: tapping any other there must bring the current one."""
        card = self.card(walk.tag)
        if card:
            data = card.codes.get(step) or next(iter(card.codes.values()))
            self.updates.append(self.api.press(self.chat, data, card.message))

    async def wait(self, seen, press: Callable[[], None] | None = None):  # type: ignore[no-untyped-def]
        """Until she sees what she waits for; presses at once, and again when nothing came."""
        began = now = asyncio.get_running_loop().time()
        press_at = now if press else float("inf")
        while not (found := seen()):
            if press and now >= press_at:
                press()
                self.pressed_again += press_at > began
                press_at = now + PATIENCE * (1 + self.chance.random())
            self.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), min(press_at - now, 5.0))
            now = asyncio.get_running_loop().time()
        self.longest = max(self.longest, now - began)
        return found

    # What she sees

    def screens(self) -> list[Shown]:
        """The newest messages: further up nobody looks."""
        newest = islice(reversed(self.api.room(self.chat).messages.values()), 12)
        return [shown for shown in newest if shown.by_bot]

    def tags(self) -> list[str]:
        return [found[1] for one in self.screens() for _label, data in one.buttons
                if (found := BUTTON.fullmatch(data))]  # fmt: skip

    def card(self, tag: str = "", but: set[str] = frozenset()) -> Card | None:  # type: ignore[assignment]
        for shown in self.screens():
            found = [hit for _label, data in shown.buttons if (hit := BUTTON.fullmatch(data))]
            mine = [hit for hit in found if hit[1] not in but and tag in ("", hit[1])]
            if mine:
                return Card(shown.id, int(mine[0][2]), {hit[3]: hit[0] for hit in mine}, shown.text)
        return None

    def after(self, walk: Walk, before: Card) -> Card | None:
        """The card once it has moved on, or as it was when the visit is recorded."""
        if any(
            data == f"/fix {walk.tag}" for one in self.screens() for _label, data in one.buttons
        ):
            walk.done = True
            return before
        card = self.card(walk.tag)
        return card if card and card.rev > before.rev else None
