"""Choosing an elder: the own list, or those a typed name may mean; never the first hit."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from handlers import form
from handlers.questions import Choice, Filling, match, tidy
from handlers.talk import Button, Reply, Rows, fitting
from handlers.turn import Turn, Unclear
from handlers.visit_line import split_line
from locales import gettext as _
from locales import ngettext
from models import lookup
from models.elder import Elder

PAGE, MOST = 6, 8


def pick_elder(
    turn: Turn,
    command: str,
    page: int,
    hits: Sequence[Elder] | None = None,
    asked: str = "",
    tail: str = "",
) -> Reply:
    """A list of elders as buttons that continue with `command CODE tail`."""
    if hits is None:
        return _own_list(turn, command, page)
    if not hits:
        return nobody(asked, command)
    return _which(turn, command, hits, asked, tail)


def nobody(asked: str, command: str) -> Reply:
    return Reply(not_on_list(asked), ((Button(_("My list"), command),),))


def not_on_list(asked: str) -> str:
    """The same sentence whether there is no such person or not one of one's own."""
    text = _(
        "There is no “%(asked)s” on your list. Please check the name, or choose from the list."
    )
    return text % {"asked": asked[:40]}


def _which(turn: Turn, command: str, hits: Sequence[Elder], asked: str, tail: str) -> Reply:
    shown = hits[:MOST]
    labels = told_apart(turn, shown)
    buttons = [Button(labels[e.code], with_tail(command, e, tail)) for e in shown]
    text = _how_many(len(hits), asked)
    if len(hits) > len(shown):
        text += "\n" + _(
            "Only the first %(shown)d are shown; please add the village, or send the code."
        ) % {"shown": len(shown)}
    if tail and any(tail not in button.code for button in buttons):
        text += "\n" + _("Then send your line again with the code in place of the name.")
    none_of_them = Button(_("None of these"), command)
    return Reply(text, (*((button,) for button in buttons), (none_of_them,)))


def _how_many(count: int, asked: str) -> str:
    if count == lookup.MOST_HITS:
        return _("More people fit “%(asked)s” than can be listed. Which one?") % {
            "asked": asked[:40]
        }
    return ngettext(
        "%(count)d person fits “%(asked)s”. Is it this one?",
        "%(count)d people fit “%(asked)s”. Which one?",
        count,
    ) % {"count": count, "asked": asked[:40]}


def told_apart(turn: Turn, elders: Sequence[Elder]) -> dict[str, str]:
    """Labels by code; who has name, age and village in common is shown with the code."""
    labels = {elder.code: turn.label(elder) for elder in elders}
    often = Counter(labels.values())
    return {
        code: label if often[label] == 1 else _("%(who)s · %(code)s") % {"who": label, "code": code}
        for code, label in labels.items()
    }


def with_tail(command: str, elder: Elder, tail: str) -> str:
    """The code of a button; what was said behind the name is left out where it is too long."""
    return fitting(f"{command} {elder.code} {tail}".strip(), f"{command} {elder.code}")


def _own_list(turn: Turn, command: str, page: int) -> Reply:
    total = lookup.caseload_size(turn.session, turn.staff, turn.today)
    if not total:
        return Reply(_("Nobody is on your list yet. Please ask the coordinator to assign elders."))
    page = max(0, min(page, (total - 1) // PAGE))
    rows = lookup.caseload(turn.session, turn.staff, turn.today, page * PAGE, PAGE)
    text = _(
        "Who is it? (%(first)d–%(last)d of %(total)d, longest unvisited first) "
        "You may also send a name."
    )
    if command == "/visit":
        text = _(
            "Whom? (%(first)d–%(last)d of %(total)d, longest unvisited first) "
            "You may also send a name."
        )
    text %= {"first": page * PAGE + 1, "last": page * PAGE + len(rows), "total": total}
    labels = told_apart(turn, [elder for elder, _on in rows])
    buttons = tuple(
        (Button(_since(turn, labels[e.code], on), f"{command} {e.code}"),) for e, on in rows
    )
    return Reply(text, (*buttons, *turning(command, page, total)))


def _since(turn: Turn, label: str, last: date | None) -> str:
    if last is None:
        return _("%(who)s · not yet") % {"who": label}
    return _("%(who)s · %(ago)s") % {"who": label, "ago": ago(turn, last)}


def ago(turn: Turn, then: date) -> str:
    days = (turn.today - then).days
    if days == 0:
        return _("today")
    return ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}


def turning(command: str, page: int, total: int, size: int = PAGE) -> Rows:
    """The row that leads to the pages before and behind, `command pN`."""
    more = []
    if page > 0:
        more.append(Button(_("‹ Earlier page"), f"{command} p{page - 1}"))
    if (page + 1) * size < total:
        more.append(Button(_("Next page ›"), f"{command} p{page + 1}"))
    return (tuple(more),) if more else ()


def page_of(words: str, total: int, size: int = PAGE) -> int:
    """The page that `p2` among these words names, as far as there is one."""
    named = (word[1:] for word in words.split() if word[:1] == "p" and word[1:].isdecimal())
    return max(0, min(int(next(named, 0)), (total - 1) // size))


def names_somebody(turn: Turn, words: str) -> bool:
    """The whole name of an elder, with or without what was found there: at a finished card a
    wish to go on, or other answers about the same one, not a remark."""
    name, _tail = split_line(words, turn.today)
    found = lookup.find(turn.session, turn.staff, name, turn.today)
    return any(one.name == name for one in found)


# As a question of a form, whose context keeps the likely ones


def likely(filling: Filling) -> tuple[Choice, ...]:
    label = filling.turn.label_of
    return tuple(Choice(kept[0], label(kept)) for kept in filling.known("likely") or ())


def read_elder(filling: Filling, text: str, choices: tuple[Choice, ...], but: str = "") -> str:
    """A number or label of the card, or any name; several hits become the card's buttons."""
    choice = match(choices, text)
    if choice is not None:
        return choice.code
    turn = filling.turn
    found = lookup.find(turn.session, turn.staff, tidy(text), turn.today)
    hits = [turn.kept(one) for one in found if one.code != but][:MOST]
    if not hits:
        raise Unclear(not_on_list(text))
    if len(hits) == 1:
        return str(hits[0][0])
    filling.draft.context = {**filling.draft.context, "likely": hits}
    form.touch(filling.draft, turn)
    raise Unclear(_("“%(asked)s” fits several people. Which one?") % {"asked": text[:40]})


def say_elder(filling: Filling, code: str) -> str:
    turn = filling.turn
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    return turn.label(elder) if elder else code
