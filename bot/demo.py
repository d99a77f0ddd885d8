"""The command `demo-roster`: fills an empty database with a county that does not exist."""

import sys
from datetime import date

from sqlmodel import Session

from bot.backup import opened, prepare
from bot.config import Settings
from locales import gettext as _
from models.demo import County, NotEmpty, write_county
from models.elder import TIERS
from models.staff import Staff


def demo_roster(settings: Settings, n: int, seed: int, today: date) -> int:
    """Writes the demo county into the database of the settings and says what is in it.

    `today` is the day after the last visit. The exit code is 1 when there are elders already.
    """
    try:
        with opened(prepare(settings)) as engine, Session(engine) as session:
            county = write_county(session, n, seed, today=today, zone=settings.zone)
            lines = _summary(session, county)
            session.commit()
    except NotEmpty:
        print(
            _(
                "There are elders in this database already, so nothing was written. "
                "Name an empty one in LIAISON_DATABASE_URL and try again."
            ),
            file=sys.stderr,
        )
        return 1
    print("\n".join(lines))
    return 0


def _summary(session: Session, county: County) -> list[str]:
    liaison = session.get_one(Staff, county.liaison)
    coordinator = session.get_one(Staff, county.coordinator)
    tiers = (
        _("Class %(tier)s: %(count)d") % {"tier": tier, "count": county.tiers[tier]}
        for tier in TIERS
    )
    towns = (
        _("%(town)s: %(count)d") % {"town": town, "count": count}
        for town, count in county.towns.items()
    )
    return [
        _("Written: %(elders)d elders, %(staff)d staff, %(visits)d visits and attempts.")
        % {"elders": county.elders, "staff": county.staff, "visits": county.visits},
        " · ".join(tiers),
        " · ".join(towns),
        _("Begin with liaison %(liaison)s (%(code)s) or coordinator %(coordinator)s (%(other)s).")
        % {
            "liaison": liaison.name,
            "code": liaison.code,
            "coordinator": coordinator.name,
            "other": coordinator.code,
        },
        _("Nobody in it is a real person."),
    ]
