"""Help that speaks to the person's role, and a way out when a word is not understood."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from handlers import form
from handlers.near_names import near_names
from handlers.questions import tidy
from handlers.talk import Button, Reply
from handlers.turn import Turn
from handlers.visit_codes import OBSERVED
from locales import gettext as _
from locales import language
from locales import mark as N_
from models import lookup
from models.elder import Elder


@dataclass(frozen=True)
class Command:
    """`words` are what may be written without a slash. `roles` empty: everybody."""

    name: str
    words: tuple[str, ...]
    summary: str
    run: Callable[[Turn, str], list[Reply]]
    roles: tuple[str, ...] = ()
    listed: bool = True

    def allows(self, role: str) -> bool:
        return not self.roles or role in self.roles


NEVER_MEANT = ("help", "start")  # the one is offered anyway, the other is for strangers
GREETINGS = ("你好", "您好", "在吗", "在不在", "早上好", "hello", "hi", "good morning")
THANKS = ("谢谢", "多谢", "谢谢你", "谢谢您", "辛苦了", "好的", "好", "收到", "知道了", "明白",
          "嗯", "ok", "thanks", "thank you")  # fmt: skip
FIX, SLIPS = "fix", ("记错", "填错", "点错", "选错", "报错", "弄错", "wrong")
GREETING = {
    "liaison": N_("I help you log home visits. Send a name to begin, or tap:"),
    "coordinator": N_("I keep the visits of your branch. Send a name to look somebody up, or tap:"),
    "duty": N_("I bring you what your group has to see to."),
    "leader": N_("I bring you the figures of your office."),
}


def hello(turn: Turn) -> Reply:
    """The first thing somebody sees who is known already: a line, and where to begin."""
    text = _("Hello, %(name)s. %(greeting)s") % {
        "name": turn.staff.name,
        "greeting": _(GREETING[turn.staff.role]),
    }
    return Reply(text, (*_first_buttons(turn), (Button(_("Help"), "/help"),)))


FEW = 12  # lines that fit on one screen beside the buttons
USUAL = {  # what people of a role do on most days; the rest stands under its topic
    "liaison": ("due", "visit", "later", "problem", "cases", "brief", "kept", "fix", "leave"),
    "coordinator": ("status", "cases", "report", "brief", "card", "change", "assign", "cover",
                    "roster", "check", "broadcast"),
}  # fmt: skip
TOPICS = {
    "visits": (N_("Visits"), ("visit", "due", "later", "why", "brief", "history", "timeline",
               "kept", "fix", "undo", "go", "codes")),
    "people": (N_("Elders' data"), ("card", "edit", "change", "consent", "register", "phone",
               "roster", "ended", "condolence")),
    "problems": (N_("Problems, cases"), ("problem", "cases", "duty", "weather", "room", "fast",
                 "hospital")),
    "staff": (N_("Staff, lists"), ("assign", "handover", "leave", "cover", "invite", "revoke",
              "unreachable", "broadcast", "undelivered")),
    "office": (N_("Reports, office"), ("status", "report", "scorecard", "check", "office")),
    "privacy": (N_("Privacy"), ("audit", "export_person", "forget", "retention")),
    "chat": (N_("This chat"), ("settings", "help", "quit")),
}  # fmt: skip


def help_text(turn: Turn, commands: Sequence[Command], topic: str = "") -> Reply:
    """One screen; what somebody of this role seldom needs is one tap further."""
    mine = {c.name: c for c in commands if c.listed and c.allows(turn.staff.role)}
    if topic in TOPICS:
        title, names = TOPICS[topic]
        lines = [_(title), *_about(mine, names)]
        return Reply("\n".join(lines), (*_topics(mine, topic), (Button(_("‹ Help"), "/help"),)))
    few = len(mine) <= FEW
    names = tuple(mine) if few else USUAL[turn.staff.role]
    lines = [_(GREETING[turn.staff.role]), *_about(mine, names), *_hints(turn)]
    topics = () if few else _topics(mine)
    return Reply("\n".join(lines), (*_first_buttons(turn), *topics))


def _about(mine: Mapping[str, Command], names: Sequence[str]) -> list[str]:
    return [f"/{name} {_(mine[name].summary)}" for name in names if name in mine]


def _topics(mine: Mapping[str, Command], but: str = "") -> tuple[tuple[Button, ...], ...]:
    buttons = [
        Button(_(title), f"/help {topic}")
        for topic, (title, names) in TOPICS.items()
        if topic != but and any(name in mine for name in names)
    ]
    return form.in_rows(buttons, 3)


def _hints(turn: Turn) -> list[str]:
    lines = []
    if turn.staff.role == "liaison":
        lines.append(_("One line logs a whole visit: visit NAME 0 1 0 2 0 words. Codes: /codes"))
        lines.append(_("No answer here is a diagnosis. In danger call 120, 119 or 110 first."))
    if turn.staff.role == "coordinator":
        lines.append(
            _("Or ask in plain words, such as: Lanqiao who is left; Zhou; living alone not "
              "visited; Gao Yongchang lately; open cases; last month's report.")
        )  # fmt: skip
    return lines


def _first_buttons(turn: Turn) -> tuple[tuple[Button, ...], ...]:
    draft = turn.open_draft()
    back = ((Button(_("Back to my draft"), form.resume_code(draft)),),) if draft else ()
    if turn.staff.role == "liaison":
        return (
            *back,
            (Button(_("Whom to see"), "/due"), Button(_("Log a visit"), "/visit")),
            (Button(_("Report a problem"), "/problem"), Button(_("Cases"), "/cases")),
        )
    if turn.staff.role == "coordinator":
        return (
            *back,
            (Button(_("How we stand"), "/status"), Button(_("Cases"), "/cases")),
            (Button(_("Look somebody up"), "/brief"), Button(_("Invite"), "/invite")),
            (Button(_("Who is on duty"), "/duty"),),
        )
    stands = (Button(_("How we stand"), "/status"),) if turn.staff.role == "leader" else ()
    return (*back, (*stands, Button(_("Cases"), "/cases"), Button(_("Who is on duty"), "/duty")))


def usual_code(turn: Turn, words: str) -> str:
    """What a button of this role's first screen does, where its label is typed."""
    buttons = (button for row in _first_buttons(turn) for button in row)
    return next((button.code for button in buttons if button.label == words), "")


def codes_command(turn: Turn, rest: str) -> list[Reply]:
    """/codes — the digits of the one-line entry."""
    blocks = [
        "\n".join([_(seen.step), *(f"  {code.number} {_(code.label)}" for code in seen.codes)])
        for seen in OBSERVED
    ]
    return [Reply("\n".join(blocks))]


def not_understood(
    turn: Turn, text: str, commands: Mapping[str, Command], nearest: Sequence[Button] = ()
) -> Reply:
    """The two likeliest readings as buttons, those `nearest` first, and help. Where nothing is
    near, what people of this role mostly want."""
    word = tidy(text).rstrip("!～~啊呀啦").lower()
    if word in GREETINGS:
        return hello(turn)
    if word in THANKS:
        return Reply(_("You are welcome. I am here whenever you need me."), _first_buttons(turn))
    usual = [button for row in _first_buttons(turn) for button in row]
    near = [*nearest, *_slip(text, commands), *near_names(turn, text)]
    found = {one.code: one for one in (*near, *_likely(turn, text, commands), *usual)}
    asked = _("I did not understand “%(text)s”. Did you mean:") % {"text": text[:40]}
    rows = (*((button,) for button in list(found.values())[:2]), (Button(_("Help"), "/help"),))
    return Reply(asked, rows)


def _slip(text: str, commands: Mapping[str, Command]) -> list[Button]:
    """刚才记错了: to the own records."""
    wrong = any(word in text for word in SLIPS) and FIX in commands
    return [Button(_(commands[FIX].summary), f"/{FIX}")] if wrong else []


def _likely(turn: Turn, text: str, commands: Mapping[str, Command]) -> list[Button]:
    word, _gap, rest = text.strip().partition(" ")
    near = difflib.get_close_matches(word.lstrip("/!").lower(), commands, n=6, cutoff=0.4)
    hits = lookup.find(turn.session, turn.staff, rest, turn.today) if rest.strip() else []
    for hit in hits:
        turn.shown(hit.name)  # may stand in what was typed, which the buttons repeat
    meant = hits[0] if len(hits) == 1 else None
    names = [commands[word].name for word in near] + (["visit", "brief"] if meant else [])
    role = turn.staff.role
    near_ones = [commands[name] for name in dict.fromkeys(names) if name not in NEVER_MEANT]
    mine = [one for one in near_ones if one.listed and one.allows(role)]
    return [_suggest(turn, one, meant, rest.strip()) for one in mine[:2]]


def _suggest(turn: Turn, command: Command, meant: Elder | None, rest: str) -> Button:
    """走方 高 → [走访 高永昌], when there is just one such person."""
    word = command.words[0] if language() == "zh_CN" and command.words else command.name
    if meant is None:
        return Button(f"{word} {rest[:10]}".strip(), f"/{command.name} {rest[:10]}".strip())
    return Button(f"{word} {turn.shown(meant.name)}", f"/{command.name} {meant.code}")
