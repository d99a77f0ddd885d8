"""Milliseconds of a coordinator's questions in a county of 10,000 elders with a million visits, on
SQLite: from the message to the commit of the answer, the slowest of twenty askings but one. And a
liaison's list beside it: alone, and while pictures are being drawn or a report is made, each in
its process; how long the papers take, and how much memory.
"""

import asyncio
import os
import resource
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import TypeVar

from bot.draw import Pencil
from bot.papers import Desk, Job, Made
from bot.receive import Receiver
from bot.scribe import Scribe
from bot.transports import Parcel
from handlers.documents import chart
from handlers.talk import Incoming
from models.database import connect
from models.orders import Taken
from tests.bench.county import EIGHT, County, sqlite_county
from tests.bench.measure import QUICK, RUNS, Case, clean, folder, report, said
from tests.bench.office import OFFICE

T = TypeVar("T")
COUNTY = County(20, 100, 24) if QUICK else County(1_000, 10_000, 100)
ASKED = 4 if QUICK else 20
COORDINATOR, LIAISON = "c0", "s5"  # as the county calls their chats
QUESTIONS = {
    "/status of the county": "/status",
    "plain words: a village, who is left": "第0村 还差谁",
    "by liaison": "/status . vs",
    "a page of names": "/status . wg vn",
    "visits by day, as a picture": "/status . vk",
}
PICTURE = chart.packed(
    chart.Bars("岚桥镇", "", [("已访", chart.GREEN)], [(f"第{n}村", [n], "") for n in range(9)])
)
PAPERS = {
    "the month as a workbook": "/report 2026-10",
    "the scorecard of the year": "/scorecard 2026",
}
KEYS = count(1)


def ask(receiver: Receiver, chat: str, text: str) -> float:
    message = Incoming("telegram", chat, str(next(KEYS)), text=text)
    began = time.perf_counter()
    received = receiver.receive([message], EIGHT)
    took = 1e3 * (time.perf_counter() - began)
    assert received.replies
    return took


def worst_but_one(receiver: Receiver, chat: str, text: str) -> float:
    return sorted(ask(receiver, chat, text) for _time in range(ASKED))[-2]


@contextmanager
def drawing() -> Iterator[None]:
    """One picture after the other, from the first one on until the block ends."""
    begun, over = Event(), Event()

    async def draw() -> None:
        pencil = Pencil()
        while not over.is_set():
            drawn = await pencil.drawn(Parcel("", "", file_name="a.chart", file_data=PICTURE))
            if drawn.file_data:  # the first may be late: what it needs is compiled first
                begun.set()
        await pencil.close()

    thread = Thread(target=lambda: asyncio.run(draw()))
    thread.start()
    begun.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


class Papers:
    """Ordered in the chat and made as the program makes them, but not handed in."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver, self.desk = receiver, Desk(receiver.engine, receiver.office)

    def make(self, text: str) -> float:
        """Milliseconds from the order to the paper."""
        taken = self.ordered(text)
        began = time.perf_counter()
        made = self.made(taken)
        took = 1e3 * (time.perf_counter() - began)
        self.desk.hand_in(taken, made, EIGHT)
        return took

    def ordered(self, text: str) -> Taken:
        ask(self.receiver, COORDINATOR, text)
        taken = self.desk.take(EIGHT)
        assert taken
        return taken

    def made(self, taken: Taken) -> Made:
        scribe = Scribe(self.desk, lambda: EIGHT, run_now, lambda: None)
        job = Job(self.receiver.engine.url, self.receiver.office, taken, EIGHT)
        made = asyncio.run(scribe.made_apart(job))
        assert made.replies[0].file_data
        return made

    def beside(self, text: str) -> float:
        """What a liaison's list takes meanwhile, as a rule."""
        taken, took = self.ordered(text), list[float]()
        with ThreadPoolExecutor(1) as thread:
            making = thread.submit(self.made, taken)
            while not making.done():
                took.append(ask(self.receiver, LIAISON, "/due"))
        self.desk.hand_in(taken, making.result(), EIGHT)
        return median(took)


async def run_now(work: Callable[[], T]) -> T:
    return work()


def measure() -> list[Case]:
    found = [Case(name, low=True) for name in QUESTIONS]
    alone, beside = (Case(f"a liaison's list, {how}", low=True) for how in ("alone", "drawing"))
    usual, reporting = (Case(f"the same as a rule, {how}", low=True) for how in ("alone", "report"))
    papers = [Case(name, low=True) for name in PAPERS]
    memory = Case("memory of the process that makes them, MB", low=True)
    made = sqlite_county(folder(), COUNTY)
    with TemporaryDirectory(dir=folder()) as place:
        engine = connect(f"sqlite:///{shutil.copy(str(made.url.database), Path(place))}")
        receiver = Receiver(engine, OFFICE)
        for _run in range(RUNS):
            for one in found:
                one.ours.append(worst_but_one(receiver, COORDINATOR, QUESTIONS[one.name]))
                said(f"{one.name}: {one.ours[-1]:.1f} ms")
            alone.ours.append(worst_but_one(receiver, LIAISON, "/due"))
            with drawing():
                beside.ours.append(worst_but_one(receiver, LIAISON, "/due"))
            said(f"a liaison's list: {alone.ours[-1]:.1f} ms, drawing {beside.ours[-1]:.1f} ms")
            desk = Papers(receiver)
            usual.ours.append(median(ask(receiver, LIAISON, "/due") for _time in range(5 * ASKED)))
            reporting.ours.append(desk.beside(PAPERS["the month as a workbook"]))
            said(f"as a rule: {usual.ours[-1]:.1f} ms, with a report {reporting.ours[-1]:.1f} ms")
            for one in papers:
                one.ours.append(desk.make(PAPERS[one.name]))
                said(f"{one.name}: {one.ours[-1]:.0f} ms")
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            memory.ours.append(peak / 1024)
        engine.dispose()
    return [*found, alone, beside, usual, reporting, *papers, memory]


if __name__ == "__main__":
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ.update(clean())  # for the processes that make papers and pictures
    report("desk", "milliseconds, the slowest of twenty but one", measure())
