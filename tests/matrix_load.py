"""A scripted load on Matrix: liaisons who reply to the newest card with a number or with words.

What one has written she does not write again: it must not get lost. She remembers what stood on
the card and what she answered to it.
"""

import asyncio
import re
from dataclasses import dataclass, field
from random import Random

from tests.matrix_people import Phone, Shown

CHOICE = re.compile(r"([0-9])\ufe0f\u20e3 ([^\u3000\n]+)")
NOT_TAKEN = re.compile("上一步|先放着|放弃|都好|没见到|托人|🆘|生命|没看到")
RECORDED, REVIEW = "已记下", "核对"
CARD = re.compile(f"走访 |{REVIEW}|.*{RECORDED}")  # and not a notice that comes in between
PATIENCE = 240.0  # seconds: the bot may just have died, and the machine be busy


@dataclass
class Walk:
    """One visit; `given` are (the card as it stood, the answer to it)."""

    elder: str
    given: list[tuple[str, str]] = field(default_factory=list)
    noted: bool = False
    done: bool = False


class Liaison:
    """`longest` is the longest she waited for an answer, in seconds."""

    def __init__(self, phone: Phone, elders: list[str], seed: object) -> None:
        self.phone, self.elders = phone, elders
        self.chance = Random(f"{seed}-{elders[0]}")
        self.walks: list[Walk] = []
        self.written: list[str] = []  # events
        self.longest = 0.0
        self.going_home = False

    async def work(self) -> None:
        """Visit after visit, until told to stop: then she waits for her last answer and goes."""
        for elder in self.elders:
            walk = Walk(elder)
            self.walks.append(walk)
            card = await self.write(f"!visit {elder}")
            while not walk.done and not self.going_home:
                card = await self.answer(walk, card)
            if self.going_home:
                return

    async def answer(self, walk: Walk, card: Shown) -> Shown:
        before, word = card.text, self.chosen(walk, card.text)
        card = await self.write(word, to=card.id)
        walk.done = RECORDED in card.text
        if not walk.done:
            walk.given.append((before, word))
        return card

    def chosen(self, walk: Walk, text: str) -> str:
        """Mostly the first choice; words where the card asks for some, and sometimes a note."""
        if REVIEW in text:
            walk.noted, noted = True, walk.noted
            return "1" if noted or self.chance.random() < 0.5 else self.words()
        if "打字" in text and self.chance.random() < 0.5:
            return self.words()
        taken = [number for number, label in CHOICE.findall(text) if not NOT_TAKEN.search(label)]
        assert taken, f"no choice to take in {text}"
        return self.chance.choices(taken[:3], (8, 1, 1)[: len(taken[:3])])[0]

    def words(self) -> str:
        return f"话{self.elders[0]}x{len(self.written)}"

    async def write(self, text: str, to: str = "") -> Shown:
        clock = asyncio.get_running_loop().time
        began = clock()
        reply = {"m.relates_to": {"m.in_reply_to": {"event_id": to}}} if to else {}
        self.written.append(await self.phone.say(text, **reply))
        shown = await self.phone.until(self.card, PATIENCE)
        self.longest = max(self.longest, clock() - began)
        return shown

    def card(self) -> Shown | None:
        """What answers her last words."""
        fresh = (one for one in reversed(self.phone.others) if one.change > self.phone.said_at)
        return next((one for one in fresh if CARD.match(one.text)), None)
