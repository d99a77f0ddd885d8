"""Looks at everything that can be wrong around the bot: one line each, with what to do."""

import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
from sqlalchemy import ColumnElement, Engine, func
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, select

from bot import matrix_device
from bot.config import Settings, advice
from handlers.documents import chart
from locales import gettext as _
from locales import ngettext
from models import database as db
from models.mailbox import FAILED, MAKING, WAITING, Cursor, Outgoing
from models.staff import Chat, Staff
from models.workdays import is_known

OK, WARN, FAIL = "ok", "warn", "fail"
LITTLE_ROOM = 1024**3  # bytes
SKEW = timedelta(seconds=60)
WAITED_LONG = timedelta(minutes=15)
ASKED_ABOUT = timedelta(days=7)
CODES_SHOWN = 10
PATIENCE = 10.0  # seconds for Telegram to answer


@dataclass(frozen=True, slots=True)
class Finding:
    level: str
    text: str


Findings = Iterator[Finding]


def doctor(settings: Settings, written: Mapping[str, str]) -> int:
    """Prints every finding; 1 when one of them is a failure, else 0."""
    failed = False
    for finding in examine(settings, written, datetime.now(UTC)):
        print(f"{finding.level:<5}{finding.text}", flush=True)
        failed = failed or finding.level == FAIL
    return int(failed)


def examine(settings: Settings, written: Mapping[str, str], now: datetime) -> Findings:
    yield from look_at_settings(settings, written)
    yield from look_at_folder(settings)
    yield from look_at_database(settings, now)
    yield from look_at_telegram(settings)
    yield from look_at_matrix(settings)
    yield from look_at_zone(settings, now)
    yield from look_at_calendar(now.astimezone(settings.zone).date())
    yield look_at_pictures()


def look_at_settings(settings: Settings, written: Mapping[str, str]) -> Findings:
    sentences = list(advice(settings, written))
    for sentence in sentences:
        yield Finding(WARN, sentence)
    if not sentences:
        yield Finding(OK, _("The settings can be used."))


def look_at_folder(settings: Settings) -> Findings:
    """The data directory, or the nearest folder above it that exists."""
    folder = settings.data_dir.absolute()
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Finding(
            FAIL, _("%(folder)s cannot be written: give it to the bot's user.") % {"folder": folder}
        )
        return
    if folder == settings.data_dir.absolute() and folder.stat().st_mode & 0o077:
        text = _("Other users of this machine can look into %(folder)s: chmod 700 it.")
        yield Finding(WARN, text % {"folder": folder})
    yield disk(folder)


def disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    words = {"room": f"{free / 1024**3:.1f} GB"}
    if free < LITTLE_ROOM:
        return Finding(FAIL, _("Only %(room)s free on the disk: make room.") % words)
    return Finding(OK, _("%(room)s free on the disk.") % words)


def look_at_database(settings: Settings, now: datetime) -> Findings:
    engine = db.connect(settings.database)
    try:
        if is_missing(engine):
            yield nothing_yet(settings)
            return
        state = db.schema_state(engine)
        yield schema(state)
        if settings.practice:
            text = _(
                "There is an office's database and no chat network, so `run` is practice: set "
                "LIAISON_TELEGRAM_TOKEN or LIAISON_MATRIX_HOMESERVER."
            )
            yield Finding(WARN, text)
        if state == db.CURRENT:
            with Session(engine.execution_options(readonly=True)) as session:
                yield chats(session)
                yield from outbox(session, now)
                yield from papers(session, now)
                yield from put_back(session, settings, now)
    except SQLAlchemyError:
        yield Finding(FAIL, _("The database cannot be reached: look at LIAISON_DATABASE_URL."))
    finally:
        engine.dispose()


def is_missing(engine: Engine) -> bool:
    return engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists()


def nothing_yet(settings: Settings) -> Finding:
    if settings.practice:
        return Finding(
            OK, _("No chat network is configured: `run` is practice, with its own data.")
        )
    return Finding(OK, _("There is no database yet; the first start makes it."))


def schema(state: str) -> Finding:
    match state:
        case db.CURRENT:
            return Finding(OK, _("The database can be reached and is up to date."))
        case db.EMPTY:
            return Finding(OK, _("The database is empty; the first start fills it with tables."))
        case db.BEHIND:
            return Finding(WARN, _("The database is older; the next start saves and updates it."))
        case db.FOREIGN:
            return Finding(
                FAIL, _("The database holds another program's tables: give the bot its own.")
            )
        case _newer:
            return Finding(FAIL, _("The database is from a later release: install that one."))


def chats(session: Session) -> Finding:
    """People by their codes: a name has no business on an operator's screen."""
    gone = select(Staff.code).join(Chat, col(Chat.staff_id) == Staff.id)
    found = gone.where(col(Chat.unreachable_at).is_not(None)).distinct().order_by(Staff.code)
    codes = session.exec(found).all()
    if not codes:
        return Finding(OK, _("Everybody who joined can be reached."))
    more = ", ..." if len(codes) > CODES_SHOWN else ""
    text = ngettext(
        "%(count)d person cannot be reached; ask for a message to the bot: %(codes)s",
        "%(count)d people cannot be reached; ask each for a message to the bot: %(codes)s",
        len(codes),
    )
    return Finding(
        WARN, text % {"count": len(codes), "codes": ", ".join(codes[:CODES_SHOWN]) + more}
    )


def outbox(session: Session, now: datetime) -> Findings:
    late = col(Outgoing.made_at) < now - WAITED_LONG
    waiting = count(session, col(Outgoing.state) == WAITING, late)
    failed = count(
        session, col(Outgoing.state) == FAILED, col(Outgoing.made_at) > now - ASKED_ABOUT
    )
    if waiting:
        text = _("Messages waiting for over a quarter of an hour: %(count)d. Is the bot running?")
        yield Finding(WARN, text % {"count": waiting})
    if failed:
        text = _("Messages of the last seven days that could not be sent: %(count)d. See the log.")
        yield Finding(WARN, text % {"count": failed})
    if not waiting and not failed:
        yield Finding(OK, _("No message is stuck."))


def papers(session: Session, now: datetime) -> Findings:
    """Nothing where none waits for long: few people know what an order is."""
    late = count(session, col(Outgoing.state) == MAKING, col(Outgoing.made_at) < now - WAITED_LONG)
    if late:
        text = _("Papers ordered over a quarter of an hour ago and not made: %(count)d. "
                 "Is the bot running?")  # fmt: skip
        yield Finding(WARN, text % {"count": late})


def put_back(session: Session, settings: Settings, now: datetime) -> Findings:
    """Of a homeserver that went back to a copy: whoever did that should look what is missing."""
    noted = session.get(Cursor, matrix_device.PUT_BACK)
    if noted is None or (at := datetime.fromisoformat(noted.value)) < now - ASKED_ABOUT:
        return
    text = _(
        "The Matrix server was put back to an older copy; the bot noticed on %(time)s and goes on "
        "from there. Nothing recorded is lost. Whoever misses an answer writes once more."
    )
    yield Finding(WARN, text % {"time": f"{at.astimezone(settings.zone):%Y-%m-%d %H:%M}"})


def count(session: Session, *conditions: ColumnElement[bool] | bool) -> int:
    return session.exec(select(func.count(col(Outgoing.seq))).where(*conditions)).one()


def look_at_telegram(settings: Settings) -> Findings:
    """Asks Telegram who the bot is. Nothing of the address is shown: it holds the token."""
    token = settings.telegram_token.get_secret_value()
    if not token:
        return
    try:
        with httpx.Client(
            proxy=settings.telegram_proxy.get_secret_value() or None, timeout=PATIENCE
        ) as client:
            answer = client.get(f"{settings.telegram_api}/bot{token}/getMe")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        yield Finding(
            FAIL,
            _(
                "Telegram cannot be reached: look at the network, LIAISON_TELEGRAM_API "
                "and LIAISON_TELEGRAM_PROXY."
            ),
        )
        return
    yield known(answer)
    yield from clock(answer.headers.get("Date", ""), datetime.now(UTC))


def known(answer: httpx.Response) -> Finding:
    if answer.status_code in (401, 404):
        return Finding(FAIL, _("Telegram does not know this token: get it anew from @BotFather."))
    try:
        name = answer.json()["result"]["username"]
    except (ValueError, KeyError, TypeError):
        text = _("Telegram answered with error %(code)d: try again later.")
        return Finding(FAIL, text % {"code": answer.status_code})
    return Finding(OK, _("Telegram knows the bot as @%(name)s.") % {"name": name})


def look_at_matrix(settings: Settings) -> Findings:
    """Asks the homeserver for its versions, and for the key that others see of our device."""
    if not settings.matrix_homeserver:
        return
    login = matrix_device.read_login(settings.data_dir / matrix_device.FOLDER) or {}
    token = login.get("access_token", "")
    try:
        with httpx.Client(base_url=settings.matrix_homeserver, timeout=PATIENCE) as client:
            client.get("/_matrix/client/versions").raise_for_status()
            answer = client.post(
                "/_matrix/client/v3/keys/query",
                json={"device_keys": {login.get("user_id", ""): []}},
                headers={"Authorization": f"Bearer {token or 'none'}"},
            )
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        text = _("The Matrix server cannot be reached: look at it and LIAISON_MATRIX_HOMESERVER.")
        yield Finding(FAIL, text)
        return
    yield matrix_key(login, answer) if token else no_device(settings)


def no_device(settings: Settings) -> Finding:
    """Whether the bot never logged in, or its keys went astray."""
    engine = db.connect(settings.database)
    try:
        lost = not is_missing(engine) and db.schema_state(engine) == db.CURRENT and was_on(engine)
    except SQLAlchemyError:
        lost = False
    finally:
        engine.dispose()
    if not lost:
        return Finding(OK, _("The Matrix server answers; the first start logs the bot in."))
    text = _(
        "The keys of the bot's device on Matrix are gone: restore the last backup before you "
        "start, or start it as a new device."
    )
    return Finding(FAIL, text)


def was_on(engine: Engine) -> bool:
    with Session(engine.execution_options(readonly=True)) as session:
        return session.get(Cursor, matrix_device.DEVICE) is not None


def matrix_key(login: Mapping[str, str], answer: httpx.Response) -> Finding:
    if answer.status_code == 401:
        return Finding(WARN, _("The bot's login on Matrix has run out; the next start renews it."))
    device = login["device_id"]
    try:
        key = answer.json()["device_keys"][login["user_id"]][device]["keys"][f"ed25519:{device}"]
    except (ValueError, KeyError, TypeError):
        key = ""
    if matrix_device.grouped(key) != login.get("fingerprint"):
        text = _("The Matrix server shows another key for the bot's device: start the bot anew.")
        return Finding(FAIL, text)
    words = {"user": login["user_id"], "device": device, "key": login["fingerprint"]}
    return Finding(
        OK, _("On Matrix the bot is %(user)s, device %(device)s. Its key: %(key)s") % words
    )


def clock(header: str, now: datetime) -> Findings:
    try:
        skew = abs(parsedate_to_datetime(header) - now)
    except (ValueError, TypeError):
        return
    if skew > SKEW:
        text = _("This machine's clock is %(seconds)d seconds off: switch on its time service.")
        yield Finding(FAIL, text % {"seconds": skew.total_seconds()})
    else:
        yield Finding(OK, _("The clock is right."))


def look_at_zone(settings: Settings, now: datetime) -> Findings:
    words = {"zone": settings.timezone, "time": f"{now.astimezone(settings.zone):%H:%M}"}
    yield Finding(OK, _("In the office (%(zone)s) it is %(time)s.") % words)


def look_at_calendar(today: date) -> Findings:
    if is_known(today.year):
        yield Finding(OK, _("The holidays of %(year)d are known.") % {"year": today.year})
        return
    text = _("The holidays of %(year)d are not known yet: update the package chinesecalendar.")
    yield Finding(WARN, text % {"year": today.year})


def look_at_pictures() -> Finding:
    try:
        chart.font()
    except (chart.NoFont, ImportError):
        text = _("No Chinese font for pictures: install fonts-noto-cjk; until then words are sent.")
        return Finding(WARN, text)
    return Finding(OK, _("There is a Chinese font for pictures."))
