"""What is remembered, and the questions one can ask of it. Knows nothing of chat.

Importing this package registers every table on `SQLModel.metadata`.
"""

from sqlmodel import SQLModel

# A row is not validated when it is made, so what pydantic validates and dumps with is built only
# for the tables of which somebody asks a dump: a twentieth of the time to start, and a megabyte.
SQLModel.model_config["defer_build"] = True

from models import (  # noqa: E402  (each table is built when its module is read)
    assignment,
    attachment,
    audit,
    broadcast,
    card,
    case,
    consent,
    draft,
    elder,
    erasure,
    fast_track,
    honest,
    invitation,
    mailbox,
    org,
    page,
    retention,
    room,
    schedule,
    staff,
    step,
    visit,
    weather,
)

__all__ = [
    "assignment",
    "attachment",
    "audit",
    "broadcast",
    "card",
    "case",
    "consent",
    "draft",
    "elder",
    "erasure",
    "fast_track",
    "honest",
    "invitation",
    "mailbox",
    "org",
    "schedule",
    "page",
    "retention",
    "room",
    "staff",
    "step",
    "visit",
    "weather",
]
