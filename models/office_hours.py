"""When the office works, and when nobody is written to who did not ask: settings of the office."""

from datetime import UTC, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from models.ladder import CLOSES, OPENS, Hours
from models.org import setting
from models.workdays import differing_days

WORK_FROM, WORK_UNTIL = "office.opens", "office.closes"  # minutes after midnight
QUIET_FROM, QUIET_UNTIL = "quiet.from", "quiet.until"
DIGEST, EVENING = "digest_at", "evening_at"
CLOCKS = {
    WORK_FROM: OPENS.hour * 60 + OPENS.minute,
    WORK_UNTIL: CLOSES.hour * 60 + CLOSES.minute,
    QUIET_FROM: 21 * 60,
    QUIET_UNTIL: 7 * 60 + 30,
    DIGEST: 8 * 60,
    EVENING: 17 * 60,
}


class Quiet(NamedTuple):
    begins: time
    ends: time

    def holds(self, clock: time) -> bool:
        return not self.ends <= clock < self.begins


def minutes(session: Session, key: str) -> int:
    """One of CLOCKS, as the office has set it: minutes after midnight."""
    return int(setting(session, key, CLOCKS[key]))


def clock(session: Session, key: str) -> time:
    found = minutes(session, key)
    return time(found // 60, found % 60)


def office_hours(session: Session, zone: ZoneInfo) -> Hours:
    opens, closes = clock(session, WORK_FROM), clock(session, WORK_UNTIL)
    return Hours(zone, differing_days(session), opens, closes)


def quiet(session: Session) -> Quiet:
    return Quiet(clock(session, QUIET_FROM), clock(session, QUIET_UNTIL))


def quiet_until(session: Session, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside them."""
    hours, local = quiet(session), now.astimezone(zone)
    if not hours.holds(local.time()):
        return None
    late = local.time() >= hours.begins
    end = datetime.combine(local.date() + timedelta(days=late), hours.ends, zone)
    return end.astimezone(UTC)
