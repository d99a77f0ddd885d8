"""An emergency at the practice page, with all three seats: reported, unanswered, climbing,
answered, mended, followed up, and told as a story."""

from playwright.sync_api import expect

from tests import browser
from tests.browser import Bot, Screen

bot, chromium, visitor, zhou = browser.bot, browser.chromium, browser.visitor, browser.zhou


def test_the_smell_of_gas_from_the_report_to_the_follow_up(zhou: Screen, bot: Bot) -> None:
    code = bot.somebody_new()
    zhou.say(f"上报 {code} 屋里有煤气味")
    zhou.sees("☎️ 先打 119 / 120！开窗，人都出来。")
    zhou.tap("马上上报")
    zhou.sees("已通知")
    zhou.shoot()
    officer, coordinator = zhou.sit("seat-3"), zhou.sit("seat-2")
    coordinator.sees("🔔 新个案")
    zhou.sit("seat-3")
    officer.sees("🔔 新个案")
    officer.shoot()

    ten_minutes(zhou)
    zhou.sit("seat-2")
    coordinator.sees("🔴 还没有人受理")
    ten_minutes(zhou)
    coordinator.shoot()
    zhou.sit("seat-3")
    officer.sees("🔴 还没有人受理")

    officer.tap("受理")
    officer.sees("已受理")
    officer.tap("办结…")
    officer.say("关了阀门，换了软管")
    officer.sees("已办结")
    officer.shoot()
    zhou.sit("seat-1")
    zhou.sees("🟢 已办结，请回访问问好了没有")
    zhou.tap("好了，销号", "好了，老人满意")
    zhou.sees("已销号")
    zhou.shoot()

    zhou.say(f"时间线 {code}")
    for words in ("周明 上报", "系统 催办", "刘强 受理", "刘强 办结", "周明 回访销号"):
        zhou.sees(words)
    zhou.shoot()
    (case,) = bot.rows("SELECT * FROM elder_case ORDER BY number DESC LIMIT 1")
    assert (case["state"], case["category"]) == ("closed", "fire_gas_co")
    steps = bot.rows("SELECT name FROM case_step WHERE case_id = ? ORDER BY at", case["id"])
    assert [one["name"] for one in steps[:3]] == ["open", "ack1", "ack2"]


def ten_minutes(screen: Screen) -> None:
    before = screen.page.locator(".clock time").inner_text()
    screen.page.locator(".later").click()
    expect(screen.page.locator(".clock time")).not_to_have_text(before)
