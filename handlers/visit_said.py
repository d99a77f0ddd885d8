"""Visits told in sentences: several in one message, or 下雨,给高永昌打了电话,挺好."""

import re
from collections.abc import Sequence

from handlers.dates import past_day
from handlers.emergency import danger_elsewhere
from handlers.help import not_understood
from handlers.pick import names_somebody, pick_elder
from handlers.problem_kind import guess
from handlers.questions import free_text
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from handlers.visit import begin, visit_command
from handlers.visit_line import MODES, NOT_MET, WELL, Line, split_line
from handlers.visit_words import names_a_topic, observed
from locales import gettext as _
from models import lookup
from models.draft import OpenDraft
from models.elder import Elder
from models.staff import LIAISON

MOST_AT_ONCE = 10
LONGEST = 80  # characters: more than that is a story
LONGEST_SEEN = 300  # unless it tells what was seen
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
    if hits and said and len({one.name for one in hits}) == len(hits):
        return [card for one in hits for card in visit_command(turn, f"{one.code} {said}")]
    if hits and said:
        return [pick_elder(turn, "/visit", 0, hits, words, said)]
    return [_meant(turn, hits[0])] if len(hits) == 1 and " " not in words else []


def observed_visit(turn: Turn, words: str) -> list[Reply]:
    """The card as far as a sentence tells what was seen; of several elders, a card for each."""
    if turn.staff.role != LIAISON or len(words) > LONGEST_SEEN or not observed(words):
        return []
    if (problem := guess(words)) is not None and problem.restricted:
        return []
    hits = lookup.named_in(turn.session, turn.staff, words, turn.today)
    if len({one.name for one in hits}) < len(hits):
        return [pick_elder(turn, "/visit", 0, hits, words, " ".join(_when_and_how(words)))]
    parts = _part_of_each(words, hits) if hits else []
    if not all(observed(part) for part in parts):
        return [] if len(hits) < 2 else [pick_elder(turn, "/visit", 0, hits, words)]
    return [reply for one, part in zip(hits, parts, strict=True)
            for reply in _as_told(turn, one, part, words)]  # fmt: skip


def is_about_another(turn: Turn, draft: OpenDraft, words: str, asks: bool = False) -> bool:
    """Danger to somebody else than the elder of the card; and, unless the card `asks` something,
    a name or a visit to somebody else: no remark about that one."""
    if danger_elsewhere(turn, draft, words):
        return True
    if asks:
        return False
    return names_somebody(turn, words) or _tells_of_another(turn, draft.subject, words)


def _tells_of_another(turn: Turn, code: str, words: str) -> bool:
    if len(words) > LONGEST_SEEN or not observed(words):
        return False
    hits = lookup.named_in(turn.session, turn.staff, words, turn.today)
    return bool(hits) and code not in {one.code for one in hits}


def _part_of_each(words: str, hits: Sequence[Elder]) -> list[str]:
    """From the name of each to the next; what stands before the first belongs to the first."""
    at = [words.index(one.name) for one in hits]
    starts = sorted(at)
    ends = dict(zip(starts, [*starts[1:], len(words)], strict=True))
    return [words[0 if start == starts[0] else start : ends[start]] for start in at]


def _as_told(turn: Turn, elder: Elder, part: str, words: str) -> list[Reply]:
    day, how = _when_and_how(words)
    answers = {"how": MODES[how], **observed(part), "note": free_text(part)}
    return begin(turn, elder, Line("", answers, on=past_day(day, turn.today)))


def _when_and_how(words: str) -> tuple[str, str]:
    how = next((mode for word, mode in HOW if word in words), "上门")
    return _first(words, DAYS) or DAYS[0], how


def _meant(turn: Turn, elder: Elder) -> Reply:
    visit = _("Visit %(name)s") % {"name": turn.shown(elder.name)}
    ways = (Button(visit, f"/visit {elder.code}"), Button(_("Card"), f"/brief {elder.code}"))
    return not_understood(turn, turn.said.text, {}, ways)


def _line(words: str) -> str:
    """What of the sentence is an answer, in the words of a visit's line."""
    unmet = _first(words, [word for word, outcome in NOT_MET.items() if outcome in NOBODY_THERE])
    how = next((mode for word, mode in HOW if word in words), "")
    well = "" if BUT.search(words) or names_a_topic(words) else _first(words, WELL)
    said = [_first(words, DAYS), unmet or how, "" if unmet else well]
    return " ".join(word for word in said if word)


def _first(words: str, known: Sequence[str]) -> str:
    return next((word for word in known if word in words), "")
