"""An office of any size for the benches: liaisons, their elders, a visit behind each of them,
and, if asked for, a half-filled card in everybody's hands."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlmodel import SQLModel

from handlers.turn import Office
from models.assignment import Assignment
from models.database import MIGRATIONS, connect, upgrade
from models.elder import Elder
from models.staff import Chat, Staff
from models.visit import OBSERVATIONS, Visit
from tests.bench.measure import kept

BOT = "4711"
NOW = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)
OFFICE = Office(ZoneInfo("Asia/Shanghai"), hosted=frozenset({"web", "matrix"}))
SPACE = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周高廖梁宋冯许", "永德秀桂建玉春保天月英兰珍明国海"
FIRST_CHAT = 100_000
ONE_UNIT_HAS = 100  # liaisons
AT_ONCE = 2000
Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    liaisons: int
    elders_each: int = 5
    visits_each: int = 1

    @property
    def name(self) -> str:
        return f"{self.liaisons}-{self.elders_each}-{self.visits_each}"


def chat_of(liaison: int) -> int:
    return FIRST_CHAT + liaison


def elder_code(liaison: int, place: int, size: Size) -> str:
    return f"E{liaison * size.elders_each + place:06d}"


def made(folder: Path, size: Size) -> Path:
    """The database file of this size; kept in `folder` and written only once."""
    file = folder / f"office-{size.name}-{schema()}.db"
    return kept(file, lambda draft: write(f"sqlite:///{draft}", size))


def schema() -> str:
    """Changes whenever a migration or this file does."""
    return digest([Path(__file__), *(MIGRATIONS / "versions").glob("*.py")])


def digest(files: Iterable[Path]) -> str:
    content = b"".join(file.read_bytes() for file in sorted(files))
    return hashlib.sha256(content).hexdigest()[:12]


def write(url: str, size: Size) -> None:
    engine = connect(url)
    upgrade(engine)
    with engine.begin() as connection:
        for table, rows in tables(size).items():
            insert(connection, table, rows)
    engine.dispose()


def insert(connection: Connection, table: str, rows: Iterator[Row]) -> None:
    statement = SQLModel.metadata.tables[table].insert()
    while part := list(islice(rows, AT_ONCE)):
        connection.execute(statement, part)


def named(kind: str, *numbers: int) -> UUID:
    return uuid5(SPACE, f"{kind} {numbers}")


def tables(size: Size) -> dict[str, Iterator[Row]]:
    """In the order in which they refer to each other."""
    return {
        "unit": units(size),
        "staff": staff(size),
        "chat": chats(size),
        "elder": elders(size),
        "assignment": assignments(size),
        "visit": visits(size),
    }


@cache
def blank(model: type[SQLModel]) -> Row:
    """The defaults of a row: a column added later needs no change here."""
    fields = model.model_fields.items()
    return {k: f.get_default(call_default_factory=True) for k, f in fields if not f.is_required()}


def units(size: Size) -> Iterator[Row]:
    yield {"id": named("county"), "parent_id": None, "kind": "county", "name": "望岚县"}
    yield {"id": named("town"), "parent_id": named("county"), "kind": "town", "name": "岚桥镇"}
    for number in range(1 + size.liaisons // ONE_UNIT_HAS):
        row = {"kind": "village", "name": f"第{number}村", "parent_id": named("town")}
        yield {"id": named("village", number), **row}


def village(liaison: int) -> UUID:
    return named("village", liaison // ONE_UNIT_HAS)


def staff(size: Size) -> Iterator[Row]:
    for number in range(size.liaisons):
        yield blank(Staff) | {
            "id": named("staff", number),
            "code": f"S{number:06d}",
            "name": person(number),
            "unit_id": village(number),
        }


def chats(size: Size) -> Iterator[Row]:
    for number in range(size.liaisons):
        yield blank(Chat) | {
            "id": named("chat", number),
            "network": "telegram",
            "address": str(chat_of(number)),
            "staff_id": named("staff", number),
            "joined_at": NOW,
            "last_at": NOW,
        }


def person(number: int) -> str:
    one, two, three = number % 16, number // 16 % 16, number // 256 % 16
    return SURNAMES[one] + GIVEN[two] + GIVEN[three]


def places(size: Size) -> Iterator[tuple[int, int]]:
    return ((one, place) for one in range(size.liaisons) for place in range(size.elders_each))


def elders(size: Size) -> Iterator[Row]:
    for liaison, place in places(size):
        born = date(1930 + (liaison + place) % 25, 1 + place % 12, 1 + liaison % 28)
        yield blank(Elder) | {
            "id": named("elder", liaison, place),
            "code": elder_code(liaison, place, size),
            "name": person(liaison * 7 + place),
            "sex": "f",
            "born_on": born,
            "birth_year": born.year,
            "birth_month": born.month,
            "birth_day": born.day,
            "unit_id": village(liaison),
        }


def assignments(size: Size) -> Iterator[Row]:
    for liaison, place in places(size):
        yield blank(Assignment) | {
            "id": named("assignment", liaison, place),
            "elder_id": named("elder", liaison, place),
            "staff_id": named("staff", liaison),
            "from_on": date(2020, 1, 1),
        }


def visits(size: Size) -> Iterator[Row]:
    for liaison, place in places(size):
        for number in range(size.visits_each):
            yield visit(liaison, place, number)


def visit(liaison: int, place: int, number: int) -> Row:
    """The `number`th visit before today, all well: they lie 11 days apart."""
    at = NOW - timedelta(days=11 * (number + 1), minutes=place)
    key = named("visit", liaison, place, number)
    seen = dict.fromkeys(OBSERVATIONS, "good")
    return blank(Visit) | {
        "id": key,
        "ref": key.hex[:12],
        "root_id": key,
        "elder_id": named("elder", liaison, place),
        "liaison_id": named("staff", liaison),
        "recorded_by": named("staff", liaison),
        "mode": "in_person",
        "visited_at": at,
        "visited_on": at.date(),
        "logged_at": at,
        **seen,
        "present": ["elder"],
        "draft_tag": key.hex[:12],
        "answers": {"how": "in_person", **seen, "present": "elder"},
    }


Rows = Sequence[Sequence[Sequence[str]]]  # of buttons: label and code


def press(number: int, chat: int, data: str, text: str, rows: Rows) -> Row:
    """A press as the Bot API reports it: with the whole message that carried the button."""
    keyboard = [[{"text": label, "callback_data": code} for label, code in row] for row in rows]
    message = written(number, chat, text) | {"reply_markup": {"inline_keyboard": keyboard}}
    message["from"] = {"id": int(BOT), "is_bot": True, "first_name": "b", "username": "b_bot"}
    query = {"id": str(number), "from": who(chat), "message": message, "chat_instance": "1"}
    return {"update_id": number, "callback_query": query | {"data": data}}


def typed(number: int, chat: int, text: str) -> Row:
    command = {"type": "bot_command", "offset": 0, "length": len(text.partition(" ")[0])}
    more = {"entities": [command]} if text.startswith("/") else {}
    return {"update_id": number, "message": written(number, chat, text) | more}


def written(number: int, chat: int, text: str) -> Row:
    return {
        "message_id": number,
        "from": who(chat),
        "chat": {"id": chat, "first_name": "-", "type": "private"},
        "date": int(NOW.timestamp()),
        "text": text,
    }


def who(chat: int) -> Row:
    return {"id": chat, "is_bot": False, "first_name": "-", "language_code": "zh-hans"}


def answer_of(updates: list[Row]) -> bytes:
    """What getUpdates answers."""
    return json.dumps({"ok": True, "result": updates}, ensure_ascii=False).encode()
