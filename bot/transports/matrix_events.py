"""Matrix events, as the JSON they come as, turned into plain data."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from bot.receive import whole
from handlers.talk import Incoming

SAID = (
    "m.room.message",
    "m.sticker",
    "m.call.invite",
    "m.poll.start",
    "org.matrix.msc3381.poll.start",
)
VERIFICATION = "m.key.verification.request"
TYPED = ("m.text", "m.emote")
PICTURES = ("m.image", "m.file")
QUOTED = re.compile(r"\A(?:> .*\n)+\n?")  # what old clients put in front of a reply
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, OverflowError)


class Picture(NamedTuple):
    """A picture that still has to be fetched; `keys` open it where it is encrypted."""

    url: str
    name: str
    mime: str
    size: int
    keys: Mapping[str, Any] | None


class Tap(NamedTuple):
    """A reaction on a message of the bot's."""

    card: str
    key: str


class Read(NamedTuple):
    """What one event holds, whoever it is for; all empty: nothing a person said."""

    text: str = ""
    card: str = ""
    problem: str = ""
    picture: Picture | None = None
    tap: Tap | None = None
    said: bool = False


def read(source: Mapping[str, Any]) -> Read:
    """Raises one of UNREADABLE for an event of a shape nobody has seen yet."""
    kind, content = source["type"], source["content"]
    if not content or "redacted_because" in source.get("unsigned", {}):
        return Read()
    if kind == "m.room.encrypted":
        return Read(problem="undecryptable", said=True)
    relates = content.get("m.relates_to") or {}
    if kind == "m.reaction":
        return Read(tap=Tap(as_id(relates["event_id"]), str(relates["key"])))
    if kind not in SAID or content.get("msgtype") == "m.notice":
        return Read()
    if problem := not_words(content, relates):
        return Read(problem=problem, said=True)
    replied = answered(relates)
    wanted = picture(kind, content)
    return Read(words(content, "m.in_reply_to" in relates), replied, picture=wanted, said=True)


def not_words(content: Mapping[str, Any], relates: Mapping[str, Any]) -> str:
    """What it is instead, of what looks like a message."""
    if relates.get("rel_type") == "m.replace":
        return "edited"
    return "verification" if content.get("msgtype") == VERIFICATION else ""


def answered(relates: Mapping[str, Any]) -> str:
    """The message replied to. In a thread clients name the last one for those that know no
    threads: that is no reply."""
    if relates.get("is_falling_back"):
        return ""
    return as_id((relates.get("m.in_reply_to") or {}).get("event_id", ""))


def thread(source: Mapping[str, Any]) -> str:
    """The message on which the thread hangs, where something was said in one."""
    relates = source["content"].get("m.relates_to") or {}
    return as_id(relates["event_id"]) if relates.get("rel_type") == "m.thread" else ""


def as_id(event_id: object) -> str:
    """Somebody may write anything there, and databases do not take everything."""
    return whole(str(event_id))


def words(content: Mapping[str, Any], quotes: bool) -> str:
    """What was typed; under a picture only a caption, which is there if the name is, too."""
    body = str(content.get("body", ""))
    if content.get("msgtype") in TYPED:
        return QUOTED.sub("", body) if quotes else body
    named = content.get("filename")
    return body if named and named != body else ""


def picture(kind: str, content: Mapping[str, Any]) -> Picture | None:
    info = content.get("info") or {}
    mime = str(info.get("mimetype", ""))
    told = content.get("msgtype", kind)
    if told not in PICTURES:
        return None
    keys = content.get("file")
    url = keys["url"] if keys else content["url"]
    called = str(content.get("filename") or content.get("body") or "image")
    usual = "" if told == "m.file" else "image/jpeg"
    return Picture(url, called, mime or usual, int(info.get("size") or 0), keys)


def incoming(source: Mapping[str, Any], chat: str, found: Read, skew: timedelta) -> Incoming:
    """`chat` is the person's own address, or the room's where there are more people."""
    return Incoming(
        network="matrix",
        chat=chat,
        key=str(source["event_id"]),
        text=found.text,
        card=found.card,
        sent_at=datetime.fromtimestamp(source["origin_server_ts"] / 1000, UTC) + skew,
        private=not chat.startswith("!"),
        sender=str(source["sender"]),
        problem=found.problem,
    )
