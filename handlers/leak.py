"""What people write into a room with more people and should not: the bot asks to take it back.

It says so without repeating anything, and not twice within some minutes: who pastes a list is
told once.
"""

import re
import unicodedata
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import literal
from sqlmodel import col, select

from handlers.talk import Reply
from handlers.turn import Newcomer
from locales import gettext as _
from models.elder import FORGOTTEN, Elder
from models.mailbox import Cursor
from models.org import branch

AGAIN_AFTER = timedelta(minutes=10)
GAPS = re.compile(r"(?<=[\d+])[ \-–—.()]+(?=[\dX])", re.IGNORECASE)
ID_NUMBER = re.compile(r"(?<!\d)\d{17}[\dX](?![\dA-Z])", re.IGNORECASE)
PHONE = re.compile(r"(?<!\d)(?:(?:86)?1[3-9]\d{9}|0[1-9]\d{8,10})(?!\d)|\+\d{8,15}(?!\d)")
ILLNESS = re.compile(
    "病|癌|瘤|住院|出院|手术|化疗|透析|中风|偏瘫|瘫痪|卧床|痴呆|抑郁|失能|失明|骨折|肺炎|发烧|昏迷|"
    "血压|血糖|糖尿|心梗|脑梗|梗塞|心脏|哮喘|临终|病危|"
    r"\b(?:ill|illness|sick|cancer|stroke|hospital|diabetes|dementia|surgery|depress\w*)\b",
    re.IGNORECASE,
)


def leaked(turn: Newcomer, unit_id: UUID) -> list[Reply]:
    """`unit_id` is the place the room was bound for."""
    if not _tells(turn, unicodedata.normalize("NFKC", turn.said.text), unit_id):
        return []
    name = f"warned:{turn.chat.id}"
    last = turn.session.get(Cursor, name)
    if last and turn.now - datetime.fromisoformat(last.value) < AGAIN_AFTER:
        return []
    turn.session.merge(Cursor(name=name, value=turn.now.isoformat()))
    return [Reply(_(
        "⚠ That looked like somebody's number or health: please take your message back, "
        "and write it to me in our direct chat."
    ))]  # fmt: skip


def _tells(turn: Newcomer, text: str, unit_id: UUID) -> bool:
    digits = GAPS.sub("", text)
    if ID_NUMBER.search(digits) or PHONE.search(digits):
        return True
    return bool(ILLNESS.search(text)) and _names_somebody(turn, text, unit_id)


def _names_somebody(turn: Newcomer, text: str, unit_id: UUID) -> bool:
    named = select(Elder.id).where(
        col(Elder.unit_id).in_(branch(turn.session, unit_id)),
        col(Elder.state) != FORGOTTEN,
        literal(text).contains(col(Elder.name)),
    )
    return turn.session.exec(named.limit(1)).first() is not None
