"""The practice page over a bad connection, in two windows, after a reload."""

import re
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import expect

from tests import browser
from tests.browser import (
    DESK,
    Bot,
    Screen,
    begin,
    pending,
)

bot, chromium, visitor = browser.bot, browser.chromium, browser.visitor


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
    expect(pending(zhou)).to_have_count(0)
    expect(zhou.phone.locator(".trouble")).to_be_empty()
    expect(zhou.card.locator(".text")).to_contain_text("有说有笑")


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
        expect(screen.phone.locator(".mine")).to_have_count(0)
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


def test_two_taps_in_a_hurry_answer_one_question(visitor: Callable[..., Screen], bot: Bot) -> None:
    """The page's clock stands still meanwhile: else a slow machine would not be in a hurry."""
    zhou = visitor()
    begin(zhou, bot)
    place = zhou.key("上门").bounding_box()
    assert place
    middle = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    zhou.page.clock.install()
    zhou.page.clock.pause_at(datetime.now(UTC) + timedelta(minutes=1))
    with zhou.page.expect_response("**/say"):
        for _tap in range(2):
            zhou.page.mouse.click(*middle)
    expect(zhou.card.locator(".text")).to_contain_text("2/7")
    zhou.page.clock.run_for(290)
    zhou.page.mouse.click(*middle)
    zhou.page.clock.resume()
    expect(zhou.key("有说有笑")).to_be_enabled()
    expect(zhou.card.locator(".text")).to_contain_text("2/7")
    zhou.tap("有说有笑")
    expect(zhou.card.locator(".text")).to_contain_text("3/7")
