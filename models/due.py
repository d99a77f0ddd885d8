"""When a visit is due: two windows a calendar month ([S3] 每月开展两次)."""

from calendar import monthrange
from datetime import date, timedelta

USUAL_GAP = timedelta(days=15)  # simulated over 12 years: always exactly two visits a month
VISITS_PER_MONTH = 2  # of each elder; the setting `visits_per_month` of the office
HALF = 15  # the last day of a month's first window


def window(day: date) -> tuple[date, date]:
    """First and last day of the half-month that `day` lies in."""
    if day.day <= HALF:
        return day.replace(day=1), day.replace(day=HALF)
    return day.replace(day=HALF + 1), day.replace(day=monthrange(day.year, day.month)[1])


def next_suggested(visited_on: date) -> date:
    """The day for the next visit: 15 days on, but inside the window after this one."""
    first, last = window(window(visited_on)[1] + timedelta(days=1))
    return min(max(visited_on + USUAL_GAP, first), last)
