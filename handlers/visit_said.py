"""Visits told in sentences: several in one message, or 下雨,给高永昌打了电话,挺好."""

import re
from collections.abc import Sequence

from handlers.help import not_understood
from handlers.pick import pick_elder
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from handlers.visit import visit_command
from handlers.visit_line import NOT_MET, WELL, split_line
from locales import gettext as _
from models import lookup
from models.elder import Elder
from models.staff import LIAISON

MOST_AT_ONCE = 10
LONGEST = 80  # characters: more than that is a story
PARTS = re.compile(r"[\n,，;；。]+")
COMMAND = re.compile(r"^[/!]?(?:走访|拜访|visit)\s*(?=\S)", re.IGNORECASE)
BUT = re.compile(r"[不没但]|就是|只是|除了|可是|有点")  # then not all was well
HOW = (("视频", "视频"), ("电话", "电话"))
DAYS = ("今天", "昨天", "前天")
NOBODY_THERE = ("not_at_home", "no_answer")


def several_visits(turn: Turn, text: str) -> list[Reply]:
    """A card for each, where every part names somebody and says how it was."""
    parts = [COMMAND.sub("", part.strip()) for part in PARTS.split(text) if part.strip()]
    if len(parts) < 2:
        return []  # as nearly always
    told = [split_line(part, turn.today) for part in parts]
    if not all(tail for _name, tail in told):
        return []
    if len(parts) > MOST_AT_ONCE:
        raise Unclear(
            _("Please send at most %(most)d visits in one message.") % {"most": MOST_AT_ONCE}
        )
    if not all(lookup.find(turn.session, turn.staff, name, turn.today) for name, _tail in told):
        return []
    return [reply for part in parts for reply in visit_command(turn, part)]


def told_visit(turn: Turn, words: str) -> list[Reply]:
    """The card as far as a liaison's sentence tells it, with one of the own elders named."""
    if turn.staff.role != LIAISON or len(words) > LONGEST:
        return []
    hits = lookup.named_in(turn.session, turn.staff, words, turn.today)
    said = _line(words)
    if len(hits) == 1 and said:
        return visit_command(turn, f"{hits[0].code} {said}")
    if hits and said:
        return [pick_elder(turn, "/visit", 0, hits, words, said)]
    return [_meant(turn, hits[0])] if len(hits) == 1 and " " not in words else []


def _meant(turn: Turn, elder: Elder) -> Reply:
    visit = _("Visit %(name)s") % {"name": turn.shown(elder.name)}
    ways = (Button(visit, f"/visit {elder.code}"), Button(_("Card"), f"/brief {elder.code}"))
    return not_understood(turn, turn.said.text, {}, ways)


def _line(words: str) -> str:
    """What of the sentence is an answer, in the words of a visit's line."""
    unmet = _first(words, [word for word, outcome in NOT_MET.items() if outcome in NOBODY_THERE])
    how = next((mode for word, mode in HOW if word in words), "")
    well = "" if BUT.search(words) else _first(words, WELL)
    said = [_first(words, DAYS), unmet or how, "" if unmet else well]
    return " ".join(word for word in said if word)


def _first(words: str, known: Sequence[str]) -> str:
    return next((word for word in known if word in words), "")
