"""The bot as its user starts it, and a person at its practice page in a real browser."""

import io
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from bot.backup import prepare
from bot.config import Settings
from bot.practice import Practice
from tests.synapse import free_port

PICTURES = Path(__file__).parent / ".artifacts"
ELDERS = 30
WAIT = 180_000  # milliseconds: the machine may be busy
INSTALLED = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in INSTALLED if (path := shutil.which(name))), None)
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
PHONE, DESK, NARROW = (390, 844), (1280, 800), (320, 640)


expect.set_options(timeout=WAIT)


class Bot:
    """`python -m bot run` with nothing configured but where its data lies: a small county."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        settings = Settings(_env_file=None, data_dir=folder)
        engine = prepare(settings, practice=True)
        Practice(engine, settings.zone, ELDERS).open()
        engine.dispose()
        self.http = f"127.0.0.1:{free_port()}"
        self.process: subprocess.Popen[str] | None = None
        self.used: set[str] = set()

    @property
    def address(self) -> str:
        return f"http://{self.http}/"

    def start(self) -> None:
        names = {name: value for name, value in os.environ.items() if "LIAISON" not in name}
        ours = {"LIAISON_DATA_DIR": str(self.folder), "LIAISON_HTTP": self.http}
        with (self.folder / "log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "run"],
                env=names | ours,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout
        said = ""
        while self.address not in said:
            line = self.process.stdout.readline()
            assert line, f"the bot ended: {said}"
            said += line

    def end(self, number: int) -> int:
        assert self.process
        assert self.process.stdout
        self.process.send_signal(number)
        code = self.process.wait(60)
        self.process.stdout.close()
        self.process = None
        return code

    def start_over(self) -> None:
        """Each test begins in the same county."""
        self.used.clear()
        ours = {"X-Liaison": "zh_CN"}
        address = f"{self.address}api/restart"
        done = httpx.post(address, headers=ours, trust_env=False, timeout=WAIT / 1000)
        done.raise_for_status()

    def rows(self, statement: str, *values: object) -> list[dict[str, Any]]:
        path = self.folder / "practice" / "practice.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(statement, values)]

    def visits(self, code: str) -> list[dict[str, Any]]:
        """What was logged here for this elder, not what the county came with."""
        return self.rows(
            "SELECT visit.* FROM visit JOIN elder ON elder.id = visit.elder_id "
            "WHERE elder.code = ? AND visit.draft_tag IS NOT NULL ORDER BY logged_at, revision",
            code,
        )

    def somebody_new(self) -> str:
        """The code of an elder of 周明's list whom no test has visited and who was promised
        nothing: of a promise the card asks."""
        codes = self.rows(
            "SELECT elder.code FROM elder JOIN assignment ON assignment.elder_id = elder.id "
            "JOIN staff ON staff.id = assignment.staff_id WHERE staff.name = '周明' "
            "AND assignment.until_on IS NULL AND elder.state = 'active' AND elder.id NOT IN "
            "(SELECT elder_id FROM promise WHERE kept_at IS NULL AND NOT withdrawn) "
            "ORDER BY elder.code"
        )
        code = next(str(row["code"]) for row in codes if row["code"] not in self.used)
        self.used.add(code)
        return code


@dataclass
class Screen:
    """One person at the page, on one of the three seats."""

    page: Page
    name: str
    seat: str = "seat-1"
    shots: int = 0

    @property
    def phone(self) -> Locator:
        return self.page.locator(f"#{self.seat}")

    @property
    def card(self) -> Locator:
        """The newest message with buttons."""
        return self.phone.locator(".live")

    @property
    def field(self) -> Locator:
        return self.phone.locator("textarea")

    def sit(self, seat: str) -> "Screen":
        tab = self.page.locator(f".tab.{seat}")
        if tab.is_visible():
            tab.click()
        return Screen(self.page, self.name, seat)

    def say(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    def key(self, label: str) -> Locator:
        return self.card.locator(".key").filter(has_text=label).first

    def tap(self, *labels: str) -> None:
        """Taps each button once it can be tapped; the next only after the card has changed."""
        for label in labels:
            before = self.card.inner_text()
            self.key(label).click()
            expect(self.card).not_to_have_text(before, use_inner_text=True)

    def sees(self, text: str) -> None:
        expect(self.phone.locator(".bubble").filter(has_text=text).last).to_be_visible()

    def shoot(self) -> None:
        """A picture for people to look at."""
        self.shots += 1
        self.page.wait_for_timeout(250)
        self.page.screenshot(path=PICTURES / f"{self.name}-{self.shots:02}.png")


def begin(screen: Screen, bot: Bot) -> str:
    """Opens the visit form for somebody; gives the elder's code."""
    code = bot.somebody_new()
    screen.say(f"/visit {code}")
    expect(screen.key("上门")).to_be_visible()
    return code


def stands_still(screen: Screen) -> bool:
    """Only the messages scroll, never the page under them."""
    return bool(
        screen.page.evaluate(
            "() => [document.scrollingElement, document.body].every((one) => !one.scrollTop "
            "&& !one.scrollLeft && one.scrollWidth <= innerWidth && one.scrollHeight <= innerHeight)"
        )
    )


def jpeg(color: str = "teal", size: tuple[int, int] = (2400, 1800)) -> bytes:
    """A phone's picture, with the place it was taken at in its EXIF."""
    image, out = Image.new("RGB", size, color), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "SECRET PLACE"
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def attach(screen: Screen, name: str, data: bytes, mime: str = "image/jpeg") -> None:
    file: Any = {"name": name, "mimeType": mime, "buffer": data}
    screen.phone.locator("input[type=file]").set_input_files(file)


def pending(screen: Screen) -> Locator:
    return screen.phone.locator(".mine use[href='#icon-clock']")


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    running = Bot(tmp_path_factory.mktemp("practice"))
    running.start()
    yield running
    assert running.end(signal.SIGTERM) == 0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """In continuous integration a missing browser is a failure; a person is told what to do."""
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("No Chromium here: install it to test the chat page (apt install chromium).")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield browser
        browser.close()


@pytest.fixture
def visitor(
    bot: Bot, chromium: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Screen]]:
    """Opens the page afresh; whatever the browser complains of fails the test."""
    PICTURES.mkdir(exist_ok=True)
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_"))[:60].strip("-")
    complaints: list[str] = []
    screens: list[Screen] = []

    def visit(size: tuple[int, int] = PHONE, **more: Any) -> Screen:
        viewport: Any = {"width": size[0], "height": size[1]}
        context = chromium.new_context(viewport=viewport, locale="zh-CN", **more)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: note(complaints, line.type, line.text))
        page.goto(bot.address)
        screen = Screen(page, name)
        screens.append(screen)
        expect(screen.phone.locator(".message.bot").first).to_be_attached()
        return screen

    bot.start_over()
    yield visit
    for screen in screens:
        screen.page.context.close()
    assert complaints == []


def note(complaints: list[str], kind: str, text: str) -> None:
    """A connection that was cut on purpose is reported by the browser as an error."""
    if kind == "error" and "net::ERR_" not in text:
        complaints.append(text)


@pytest.fixture(params=[PHONE, DESK], ids=["phone", "desk"])
def zhou(visitor: Callable[..., Screen], request: pytest.FixtureRequest) -> Screen:
    """周明, the liaison, at a phone and at a desk."""
    return visitor(request.param)
