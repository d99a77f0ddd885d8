"""The practice page in a real Chromium: what can be done there, and by whom."""

import re
import subprocess
import sys
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests import browser
from tests.browser import (
    DESK,
    NARROW,
    PHONE,
    Bot,
    Screen,
    attach,
    begin,
    jpeg,
    pending,
    stands_still,
)

ROOT = Path(__file__).parent.parent
bot, chromium, visitor, zhou = browser.bot, browser.chromium, browser.visitor, browser.zhou


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
    for name in ("README.md", "README.zh-CN.md"):
        newest = as_told(ROOT / name, bot).splitlines()[0]
        assert re.search(r" 2 current \S+ in_person done watch good watch concern good$", newest)


def as_told(readme: Path, bot: Bot) -> str:
    """What the command prints with which it shows how to find a visit in the database."""
    command = re.search(r'^\.venv/bin/python -c "(import sqlite3;.*?)"$', readme.read_text("utf-8"),
                        re.MULTILINE | re.DOTALL)  # fmt: skip
    assert command
    folder = f"{bot.folder}/practice/practice.db"
    code = command[1].replace("data/practice/practice.db", folder)
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


def correct(screen: Screen, ref: str) -> None:
    """Changes the mood of a submitted visit to 话少."""
    screen.say(f"/fix {ref}")
    expect(screen.key("内容填错了")).to_be_visible()
    screen.tap("内容填错了", "精神", "话少", "点错了")
    screen.shoot()
    screen.tap("提交")


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
    code = bot.somebody_new()
    keys.type(f"/visit {code}")
    keys.press("Enter")
    expect(zhou.key("上门")).to_be_visible()
    while "上门" not in zhou.page.evaluate("document.activeElement.textContent"):
        keys.press("Shift+Tab")
    labels = ("有说有笑", "稳定", "周到孝顺", "整洁安全", "三餐正常", "只有本人", "提交")
    for label, press in zip(labels, cycle(("Enter", "Space")), strict=False):
        keys.press(press)
        expect(zhou.key(label)).to_be_focused()
        expect(zhou.key(label)).to_be_enabled()  # it takes no press for a moment
    assert zhou.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    zhou.sees("已记下")
    assert [visit["one_tap"] for visit in bot.visits(code)] == [0]


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
    zhou.tap("打电话")
    link = zhou.card.locator("a.key")
    expect(link).to_have_attribute("href", re.compile(r"^tel:\+86000\d+$"))
    zhou.shoot()
