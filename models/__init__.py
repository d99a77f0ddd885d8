"""What is remembered, and the questions one can ask of it. Knows nothing of chat.

Importing this package registers every table on `SQLModel.metadata`.
"""

from models import (
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
]
