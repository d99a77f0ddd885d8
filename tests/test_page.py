"""The practice page in a real Chromium, over the real bot started as its user starts it."""

import io
import os
import re
import shutil
import signal
import socket
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

INSTALLED = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next((path for name in INSTALLED if (path := shutil.which(name))), None)
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
PICTURES = Path(__file__).parent / ".artifacts"
PHONE, DESK, NARROW = (390, 844), (1280, 800), (320, 640)
WAIT = 10_000  # milliseconds
ELDERS = 30
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
        code = self.process.wait(20)
        self.process.stdout.close()
        self.process = None
        return code

    def start_over(self) -> None:
        """Each test begins in the same county."""
        self.used.clear()
        ours = {"X-Liaison": "zh_CN"}
        httpx.post(f"{self.address}api/restart", headers=ours, trust_env=False).raise_for_status()

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
        """The code of an elder of 周明's list whom no test has visited yet."""
        codes = self.rows(
            "SELECT elder.code FROM elder JOIN assignment ON assignment.elder_id = elder.id "
            "JOIN staff ON staff.id = assignment.staff_id WHERE staff.name = '周明' "
            "AND assignment.until_on IS NULL AND elder.state = 'active' ORDER BY elder.code"
        )
        code = next(str(row["code"]) for row in codes if row["code"] not in self.used)
        self.used.add(code)
        return code


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    running = Bot(tmp_path_factory.mktemp("practice"))
    running.start()
    yield running
    assert running.end(signal.SIGTERM) == 0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(SWITCHES))
        yield browser
        browser.close()


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


def begin(screen: Screen, bot: Bot) -> str:
    """Opens the visit form for somebody; gives the elder's code."""
    code = bot.somebody_new()
    screen.say(f"/visit {code}")
    expect(screen.key("上门")).to_be_visible()
    return code


def test_a_whole_visit_with_a_concern_is_logged_and_then_corrected(zhou: Screen, bot: Bot) -> None:
    zhou.shoot()
    code = begin(zhou, bot)
    zhou.shoot()
    zhou.tap("上门", "有说有笑", "稳定", "基本尽责", "有隐患")
    zhou.shoot()
    zhou.tap("漏雨", "三餐正常")
    zhou.tap("只有本人")
    zhou.shoot()
    zhou.tap("提交")
    zhou.shoot()
    (visit,) = bot.visits(code)
    assert (visit["lodging"], visit["spirit"], visit["state"]) == ("concern", "good", "current")
    correct(zhou, visit["ref"])
    zhou.shoot()
    (new,) = bot.rows(
        "SELECT * FROM visit WHERE root_id = ? AND state = 'current'", visit["root_id"]
    )
    assert (new["revision"], new["spirit"], new["lodging"]) == (2, "watch", "concern")
    assert stands_still(zhou)


def stands_still(screen: Screen) -> bool:
    """Only the messages scroll, never the page under them."""
    return bool(
        screen.page.evaluate(
            "() => [document.scrollingElement, document.body].every((one) => !one.scrollTop "
            "&& !one.scrollLeft && one.scrollWidth <= innerWidth && one.scrollHeight <= innerHeight)"
        )
    )


def correct(screen: Screen, ref: str) -> None:
    """Changes the mood of a submitted visit to 话少."""
    screen.say(f"/fix {ref}")
    expect(screen.key("内容填错了")).to_be_visible()
    screen.tap("内容填错了", "精神", "话少", "点错了")
    screen.shoot()
    screen.tap("提交")


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


def test_a_picture_of_the_hazard_is_shown_and_kept_without_its_place(
    visitor: Callable[..., Screen], bot: Bot
) -> None:
    zhou = visitor()
    begin(zhou, bot)
    zhou.tap("上门")
    attach(zhou, "roof.jpg", jpeg())
    picture = zhou.phone.locator(".mine img")
    expect(picture).to_be_visible()
    expect(pending(zhou)).to_have_count(0)
    expect(zhou.card).to_be_in_viewport(ratio=0.9)
    expect(zhou.phone.locator(".down")).to_be_hidden()
    width = picture.evaluate("async (one) => (await one.decode(), one.naturalWidth)")
    assert width == 1600
    (kept,) = bot.rows("SELECT data, width FROM photo ORDER BY received_at DESC LIMIT 1")
    assert b"SECRET" not in kept["data"]
    picture.click()
    expect(zhou.page.locator("dialog.large img")).to_be_visible()
    zhou.shoot()
    zhou.page.keyboard.press("Escape")
    expect(zhou.page.locator("dialog.large")).to_be_hidden()


def test_what_is_no_picture_is_told_to_be_none(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor()
    begin(zhou, bot)
    attach(zhou, "list.pdf", b"%PDF-1.7", "application/pdf")
    zhou.sees("只能收照片")
    expect(zhou.phone.locator(".mine .chip")).to_contain_text("list.pdf")


def test_a_file_too_large_is_refused_on_the_phone(visitor: Callable[..., Screen]) -> None:
    zhou = visitor()
    zhou.phone.locator("input[type=file]").evaluate(
        """(input) => {
          const file = new File([new Uint8Array(10 * 1024 * 1024 + 1)], "film.mp4");
          const held = new DataTransfer();
          held.items.add(file);
          input.files = held.files;
          input.dispatchEvent(new Event("change"));
        }"""
    )
    expect(zhou.phone.locator(".toast")).to_contain_text("10 MB")
    expect(zhou.phone.locator(".mine")).to_have_count(0)


def test_a_button_of_an_old_card_changes_nothing(visitor: Callable[..., Screen], bot: Bot) -> None:
    first, second = visitor(), visitor()
    begin(first, bot)
    expect(second.key("上门")).to_be_visible()
    second.page.context.set_offline(True)
    first.tap("上门", "话少")
    second.key("电话").click()
    expect(second.card.locator(".pressed")).to_be_visible()
    second.page.context.set_offline(False)
    expect(second.phone.locator(".toast")).not_to_be_empty()
    expect(second.card.locator(".pressed")).to_have_count(0)
    for screen in (first, second):
        expect(screen.key("小毛病")).to_be_visible()
        expect(screen.card.locator(".text")).to_contain_text("上门")


def test_the_dialogue_goes_on_after_a_reload(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor()
    begin(zhou, bot)
    zhou.tap("上门", "有说有笑")
    bubbles = zhou.phone.locator(".message").count()
    zhou.page.reload()
    expect(zhou.key("小毛病")).to_be_visible()
    assert zhou.phone.locator(".message").count() == bubbles
    zhou.tap("小毛病")
    expect(zhou.key("基本尽责")).to_be_visible()


def test_what_was_written_offline_arrives_once_and_in_order(
    visitor: Callable[..., Screen], bot: Bot
) -> None:
    zhou = visitor()
    zhou.page.context.set_offline(True)
    for text in ("第一句", "第二句", "第三句"):
        zhou.say(text)
    expect(pending(zhou)).to_have_count(3)
    expect(zhou.phone.locator(".trouble")).not_to_be_empty()
    zhou.shoot()
    zhou.page.context.set_offline(False)
    expect(pending(zhou)).to_have_count(0)
    expect(zhou.phone.locator(".trouble")).to_be_empty()
    written = [row["text"] for row in bot.rows("SELECT text FROM page_message WHERE mine")]
    assert [text for text in written if text.endswith("句")] == ["第一句", "第二句", "第三句"]
    expect(zhou.phone.locator(".mine .bubble").filter(has_text="句")).to_have_count(3)


def test_an_answer_that_was_lost_on_the_way_is_asked_for_again(
    visitor: Callable[..., Screen], bot: Bot
) -> None:
    """The bot took the message, but the phone never heard so."""
    zhou = visitor()
    lost = []

    def lose(route: Any) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    zhou.page.route("**/say", lose)
    zhou.say("/codes")
    expect(pending(zhou)).to_have_count(1)
    expect(pending(zhou)).to_have_count(0)
    assert lost == [200, 200]
    assert len(bot.rows("SELECT id FROM page_message WHERE mine AND text = '/codes'")) == 1
    expect(zhou.phone.locator(".bot").filter(has_text="有说有笑")).to_have_count(1)


def test_what_was_written_while_the_bot_was_down_arrives_when_it_is_back(
    visitor: Callable[..., Screen], bot: Bot
) -> None:
    zhou = visitor()
    begin(zhou, bot)
    zhou.tap("上门")
    assert bot.end(signal.SIGKILL) == -signal.SIGKILL
    zhou.key("有说有笑").click()
    zhou.say("今天聊到孙子")
    expect(pending(zhou)).to_have_count(1)
    expect(zhou.phone.locator(".trouble")).not_to_be_empty()
    bot.start()
    expect(pending(zhou)).to_have_count(0, timeout=20_000)
    expect(zhou.phone.locator(".trouble")).to_be_empty()
    expect(zhou.card.locator(".text")).to_contain_text("有说有笑")


def test_the_next_morning_comes_at_eight(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor()
    day = zhou.page.locator(".clock time").inner_text()
    zhou.page.locator(".morning").click()
    expect(zhou.page.locator(".clock time")).to_contain_text("08:00")
    assert zhou.page.locator(".clock time").inner_text().split()[0] != day.split()[0]
    zhou.sees("早上好")
    zhou.shoot()
    zhou.say("/help")
    expect(zhou.phone.locator(".day").last).to_have_text("今天")
    expect(zhou.phone.locator(".mine .meta time").last).to_contain_text("08:0")


def test_starting_over_asks_first_and_empties_everything(
    visitor: Callable[..., Screen], bot: Bot
) -> None:
    zhou, other = visitor(), visitor(DESK)
    zhou.say("/help")
    expect(other.phone.locator(".mine").last).to_be_visible()
    zhou.page.locator(".more").click()
    zhou.page.locator(".restart").click()
    zhou.shoot()
    zhou.page.locator(".ask button[value=no]").click()
    expect(zhou.phone.locator(".mine").last).to_be_visible()
    zhou.page.locator(".more").click()
    zhou.page.locator(".restart").click()
    zhou.page.locator(".ask button[value=yes]").click()
    for screen in (zhou, other):
        expect(screen.phone.locator(".mine")).to_have_count(0, timeout=20_000)
        expect(screen.phone.locator(".message.bot")).to_have_count(1)
    assert bot.rows("SELECT id FROM visit WHERE draft_tag IS NOT NULL") == []
    zhou.say("/help")
    expect(zhou.phone.locator(".message.bot")).to_have_count(2)


def test_unread_messages_are_counted_until_they_are_seen(visitor: Callable[..., Screen]) -> None:
    one, two = visitor(), visitor(DESK)
    badge = one.page.locator(".tab.seat-2 .badge")
    one.sit("seat-2")
    expect(badge).to_be_hidden()
    one.sit("seat-1")
    two.sit("seat-2").say("/help")
    expect(badge).to_have_text("1")
    expect(one.page).to_have_title(re.compile(r"^\(\d+\)"))
    one.page.reload()
    expect(badge).to_have_text("1")
    one.sit("seat-2")
    expect(badge).to_be_hidden()


def test_new_messages_do_not_move_what_is_being_read(visitor: Callable[..., Screen]) -> None:
    one, two = visitor(), visitor(DESK)
    for _line in range(4):
        two.say("/codes")
    expect(one.phone.locator(".bot")).to_have_count(5)
    expect(one.phone.locator(".typing")).to_be_hidden()
    log = one.phone.locator(".log")
    log.evaluate("(log) => { log.scrollTop = 100 }")
    down = one.phone.locator(".down")
    expect(down).to_be_visible()
    two.say("/help")
    expect(down.locator(".badge")).to_have_text("1")
    assert log.evaluate("(log) => log.scrollTop") == 100
    one.shoot()
    down.click()
    expect(down).to_be_hidden()


def test_the_language_of_page_and_bot_changes(visitor: Callable[..., Screen]) -> None:
    zhou = visitor()
    for language, word, help_ in (("en", "Practice", "visit"), ("zh_CN", "练习", "走访")):
        zhou.page.locator(".more").click()
        zhou.page.locator(f"[data-language={language}]").click()
        expect(zhou.page.locator(".ribbon")).to_contain_text(word)
        zhou.say("/help")
        expect(zhou.phone.locator(".message.bot .text").last).to_contain_text(help_)
        zhou.shoot()


def test_a_visit_can_be_logged_by_keyboard_alone(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor(DESK)
    keys = zhou.page.keyboard
    zhou.field.focus()
    keys.type(f"/visit {bot.somebody_new()}")
    keys.press("Enter")
    expect(zhou.key("上门")).to_be_visible()
    while "上门" not in zhou.page.evaluate("document.activeElement.textContent"):
        keys.press("Shift+Tab")
    for label, press in (("有说有笑", "Enter"), ("稳定", "Space")):
        keys.press(press)
        expect(zhou.key(label)).to_be_focused()
        zhou.page.wait_for_timeout(400)
    assert zhou.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_word_still_being_composed_is_not_sent(visitor: Callable[..., Screen]) -> None:
    """Enter also ends the choice of a Chinese word."""
    zhou = visitor()
    zhou.field.fill("gao")
    for more in ("isComposing: true", "keyCode: 229"):
        zhou.field.evaluate(
            "(field) => field.dispatchEvent(new KeyboardEvent('keydown', "
            f"{{key: 'Enter', bubbles: true, {more}}}))"
        )
    expect(zhou.field).to_have_value("gao")
    zhou.field.press("Shift+Enter")
    expect(zhou.field).to_have_value("gao\n")
    expect(zhou.phone.locator(".mine").filter(has_text="gao")).to_have_count(0)


def test_the_commands_are_listed_and_one_tap_away(visitor: Callable[..., Screen]) -> None:
    zhou = visitor()
    zhou.phone.locator(".menu").click()
    entries = zhou.phone.locator(".commands button")
    expect(entries.filter(has_text="/visit")).to_be_visible()
    zhou.shoot()
    zhou.phone.locator(".menu").click()
    expect(entries.first).to_be_hidden()
    zhou.field.press_sequentially("/cod")
    expect(entries).to_have_count(1)
    entries.click()
    zhou.sees("/codes")
    expect(zhou.field).to_have_value("")


def test_words_are_words_and_never_markup(visitor: Callable[..., Screen]) -> None:
    zhou = visitor()
    evil = '<img src=x onerror="document.title=1"> <b>粗</b> javascript:alert(1)'
    zhou.say(evil)
    expect(zhou.phone.locator(".mine .text").last).to_have_text(evil)
    expect(zhou.phone.locator(".message img, .message b")).to_have_count(0)


@pytest.mark.parametrize("size", [PHONE, DESK, NARROW], ids=["phone", "desk", "narrow"])
def test_no_label_is_cut_off_and_every_button_fits_a_thumb(
    visitor: Callable[..., Screen], bot: Bot, size: tuple[int, int]
) -> None:
    zhou = visitor(size)
    begin(zhou, bot)
    zhou.tap("上门", "有说有笑", "稳定")
    small = zhou.page.evaluate(
        """() => [...document.querySelectorAll("button, a.key")]
          .filter((one) => one.offsetParent && !one.matches(".slash"))
          .filter((one) => one.offsetHeight < 44 || one.offsetWidth < 40
            || one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 3)
          .map((one) => `${one.className} ${one.textContent} ${one.offsetWidth}x${one.offsetHeight}`)
        """
    )
    assert small == []
    outside = zhou.page.evaluate(
        """() => [...document.querySelectorAll(".phone.open *")]
          .filter((one) => one.offsetParent && one.getBoundingClientRect().right > innerWidth + 1)
          .map((one) => one.className)"""
    )
    assert outside == []
    assert stands_still(zhou)
    zhou.shoot()


def test_a_screen_reader_is_told_what_everything_is(visitor: Callable[..., Screen]) -> None:
    zhou = visitor()
    nameless = zhou.page.evaluate(
        """() => [...document.querySelectorAll("button, textarea, a, img, [role=log], [role=tab]")]
          .filter((one) => one.checkVisibility() && !one.closest("dialog"))
          .filter((one) => !(one.ariaLabel || one.alt || one.textContent).trim())
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    expect(zhou.phone.get_by_role("log")).to_have_attribute("aria-live", "polite")
    expect(zhou.page.get_by_role("tab", selected=True)).to_have_count(1)
    assert zhou.page.evaluate("document.documentElement.lang") == "zh-CN"


def test_nothing_comes_from_outside(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor()
    asked: list[str] = []
    zhou.page.on("request", lambda request: asked.append(request.url))
    zhou.page.reload()
    expect(zhou.phone.locator(".message.bot").first).to_be_visible()
    assert [url for url in asked if not url.startswith((bot.address, "data:"))] == []
    assert len(asked) > 5


def test_a_call_is_a_link_the_phone_itself_opens(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor()
    zhou.say(f"/brief {bot.somebody_new()}")
    link = zhou.card.locator("a.key")
    expect(link).to_have_attribute("href", re.compile(r"^tel:\+86000\d+$"))
    zhou.shoot()


def test_two_taps_in_a_hurry_answer_one_question(visitor: Callable[..., Screen], bot: Bot) -> None:
    zhou = visitor()
    begin(zhou, bot)
    place = zhou.key("上门").bounding_box()
    assert place
    middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    for _tap in range(3):
        zhou.page.mouse.click(*middle)
    expect(zhou.card.locator(".text")).to_contain_text("2/7")
    zhou.page.wait_for_timeout(600)
    expect(zhou.card.locator(".text")).to_contain_text("2/7")
