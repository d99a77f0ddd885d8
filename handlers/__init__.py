"""What the bot says and does: the tables of commands and forms, and the way to them."""

from handlers import form, photos, roster_chat
from handlers.ask_read import NOTHING, Question, question
from handlers.assign import assign_command
from handlers.audit_search import audit_command
from handlers.brief import brief_command, history_command, phone_command
from handlers.broadcast import FORM as BROADCAST
from handlers.broadcast import already_sent, broadcast_command
from handlers.card import LOOK, card_command
from handlers.card_change import change_command
from handlers.card_edit import EDIT, edit_command
from handlers.case_work import FORM as CASEWORK
from handlers.cases import MOVE_WORDS, by_word, case_command, cases_command
from handlers.check import check_command
from handlers.condolence import CONDOLE, condolence_command
from handlers.consents import CONSENT, consent_command, withdrawal_said
from handlers.due import due_command, why_command
from handlers.duty import duty_command
from handlers.emergency import danger_in, with_number_first
from handlers.ended import BACK, ended_command
from handlers.export_person import EXPORT, export_person_command
from handlers.fast_track import FORM as FAST_TRACK
from handlers.fast_track import fast_command, hospital_command
from handlers.fix import MEND, fix_command
from handlers.flags import flag_command
from handlers.forget import FORGET, forget_command
from handlers.glued import with_blank
from handlers.group import in_group
from handlers.handover import FORM as HANDOVER
from handlers.handover import handover_command
from handlers.help import Command, codes_command, hello, help_text, not_understood, usual_code
from handlers.join import UNREAD, join_again, quit_command, stranger
from handlers.keep import retention_command
from handlers.later import LATER, instead_command, later_command
from handlers.leave import COVERERS, LEAVE, LEAVERS, cover_command, cover_said, leave_command
from handlers.lines import as_pressed
from handlers.office import FORM as OFFICE
from handlers.office import office_command
from handlers.pick import pick_elder
from handlers.problem import FORM as PROBLEM
from handlers.problem import problem_command, proposed
from handlers.promises import kept_command
from handlers.questions import Filling, Form, open_question, tidy
from handlers.reasons import is_no_reason
from handlers.register import register_command
from handlers.report import report_command
from handlers.room import room_command
from handlers.roster_export import roster_command
from handlers.scorecard import scorecard_command
from handlers.settings import settings_command
from handlers.seven import KNOW, know_command
from handlers.staff_desk import invite_command, revoke_command, unreachable_command
from handlers.steering import undo_command
from handlers.talk import Button, Reply
from handlers.timeline import timeline_command
from handlers.turn import Turn, Unclear
from handlers.undelivered import undelivered_command
from handlers.veil import veiled
from handlers.visit import VISIT, visit_command
from handlers.visit_line import split_line
from handlers.visit_said import is_about_another, observed_visit, several_visits, told_visit
from handlers.weather import WEATHER, weather_called, weather_command, weather_said
from handlers.weekly import status_command
from locales import gettext as _
from locales import mark as N_
from models import lookup, record
from models.draft import OpenDraft
from models.elder import Elder
from models.mailbox import last_menu
from models.staff import COORDINATOR, DUTY, LEADER, LIAISON

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        VISIT, MEND, LATER, LEAVE, BROADCAST, CASEWORK, PROBLEM, FAST_TRACK, BACK, HANDOVER,
        LOOK, EDIT, KNOW, roster_chat.FORM, CONSENT, FORGET, EXPORT, OFFICE, CONDOLE,
        WEATHER,
    )
}  # fmt: skip
VISITORS = (LIAISON, COORDINATOR)
DESK = (COORDINATOR,)
ASKERS = (COORDINATOR, LEADER)
ROOM_USERS = (LIAISON, COORDINATOR, DUTY)


def help_command(turn: Turn, rest: str) -> list[Reply]:
    """/help — one screen; /help TOPIC — what belongs to it."""
    return [help_text(turn, COMMANDS, rest)]


def go_command(turn: Turn, rest: str) -> list[Reply]:
    """/go TAG — back into a draft; /go — the drafts there are."""
    draft = next((d for d in turn.drafts if d.tag == rest), None)
    if draft is None:
        return [_draft_list(turn)]
    form.touch(draft, turn)
    return [form.card(FORMS[draft.form], Filling(draft, turn))]


def _draft_list(turn: Turn) -> Reply:
    if not turn.drafts:
        return Reply(_("You have no unfinished drafts."), ((Button(_("Help"), "/help"),),))
    titled = [(FORMS[d.form].title(Filling(d, turn)), d) for d in turn.drafts[:10]]
    rows = tuple((Button(title, form.resume_code(draft)),) for title, draft in titled)
    return Reply(_("Your unfinished drafts:"), rows)


COMMANDS = (
    Command("visit", ("走访", "拜访", "visit"), N_("Log a visit"), visit_command, VISITORS),
    Command("status", ("情况", "进度", "status"), N_("How we stand"), status_command, ASKERS),
    Command("report", ("报表", "月报", "report"), N_("Monthly report"), report_command, ASKERS),
    Command("scorecard", ("考核",), N_("Yearly scorecard"), scorecard_command, ASKERS),
    Command("check", ("核实", "抽查"), N_("Worth a phone call"), check_command, DESK),
    Command("due", ("今天", "名单", "待办", "due"), N_("Whom to see"), due_command, VISITORS),
    Command("later", ("改期", "later"), N_("Put off, or away"), later_command, VISITORS),
    Command("instead", ("代去",), N_("Go as backup"), instead_command, LEAVERS, listed=False),
    Command("why", ("为什么", "why"), N_("Why due or not"), why_command, VISITORS),
    Command("leave", ("请假", "leave"), N_("Leave"), leave_command, LEAVERS),
    Command("cover", ("代班", "cover"), N_("Put on leave"), cover_command, COVERERS),
    Command("assign", ("安排", "assign"), N_("Who looks after whom"), assign_command, COVERERS),
    Command("handover", ("移交", "handover"), N_("Hand over a list"), handover_command, DESK),
    Command("roster", ("名册", "导出", "export"), N_("Roster as a table"), roster_command, DESK),
    Command("office", ("办公室", "office"), N_("Office settings"), office_command, DESK),
    Command("undo", ("撤回", "撤销", "undo"), N_("Take a step back"), undo_command, VISITORS),
    Command("fix", ("更正", "改", "修改", "fix"), N_("Change a record"), fix_command, VISITORS),
    Command("brief", ("查", "查看", "档案", "brief"), N_("Brief"), brief_command, VISITORS),
    Command("card", ("个人卡", "卡片", "card"), N_("Personal card"), card_command, VISITORS),
    Command("edit", ("改资料", "修改资料"), N_("Change a card"), edit_command, VISITORS),
    Command("change", ("待确认",), N_("Proposed changes"), change_command, VISITORS),
    Command("consent", ("意愿", "知情同意"), N_("Consent"), consent_command, VISITORS),
    Command("know", (), N_("Fill in the card"), know_command, VISITORS, listed=False),
    Command("register", ("台账",), N_("Registers"), register_command, VISITORS),
    Command("phone", ("电话", "phone"), N_("Telephone"), phone_command, VISITORS),
    Command("history", ("历史", "记录", "history"), N_("Last visits"), history_command, VISITORS),
    Command("timeline", ("时间线",), N_("The whole story"), timeline_command, VISITORS),
    Command("kept", ("办了", "kept"), N_("Promise kept"), kept_command, VISITORS),
    Command("go", ("继续", "草稿", "go"), N_("My drafts"), go_command, VISITORS),
    Command("codes", ("代码", "codes"), N_("Codes for one line"), codes_command, VISITORS),
    Command("problem", ("上报", "反映"), N_("Report a problem"), problem_command, VISITORS),
    Command("duty", ("值班", "duty"), N_("Who is on duty"), duty_command),
    Command("cases", ("问题", "个案", "未办结", "cases"), N_("Open cases"), cases_command),
    Command("case", ("case",), N_("One case"), case_command, listed=False),
    *(Command(name, words, N_("Work on a case"), by_word(name), listed=False)
      for name, words in MOVE_WORDS),
    Command("room", ("解忧室", "解忧", "room"), N_("Worry-relief room"), room_command, ROOM_USERS),
    Command("fast", ("绿色通道", "fast"), N_("Hospital fast-track"), fast_command, ROOM_USERS),
    Command("hospital", ("医院联系人",), N_("Hospital contacts"), hospital_command, DESK),
    Command("broadcast", ("群发", "通知"), N_("Message to many"), broadcast_command, DESK),
    Command("undelivered", ("未送达",), N_("What did not arrive"), undelivered_command, DESK),
    Command("invite", ("邀请", "invite"), N_("Invite staff"), invite_command, DESK),
    Command("revoke", ("停用", "revoke"), N_("Shut out a phone"), revoke_command, DESK),
    Command("unreachable", ("失联",), N_("Who is unreachable"), unreachable_command, DESK),
    Command("who", (), N_("Look somebody up"), lambda turn, rest: who_command(turn, rest),
            VISITORS, listed=False),
    Command("ended", ("离世迁出",), N_("Died or moved"), ended_command, DESK),
    Command("weather", ("天气", "天气预警", "预警", "weather"), N_("Weather warnings"),
            weather_command, VISITORS),
    Command("condolence", ("慰问家属", "吊唁"), N_("Saw the family"), condolence_command,
            VISITORS),
    Command("flag", (), N_("Register of flags"), flag_command, DESK, listed=False),
    Command("audit", ("谁看过", "查看记录"), N_("Who looked"), audit_command, DESK),
    Command("export_person", ("export-person", "导出资料"), N_("Hand over a file"),
            export_person_command, DESK),
    Command("forget", ("删除资料",), N_("Erase a person"), forget_command, DESK),
    Command("retention", ("保存期限",), N_("How long it is kept"), retention_command, DESK),
    Command("settings", ("设置", "settings"), N_("Language"), settings_command),
    Command("help", ("帮助", "help", "?", "菜单"), N_("Help"), help_command),
    Command("quit", ("退出",), N_("Leave this chat"), quit_command),
    Command("join", (), N_("Join"), join_again, listed=False),
    Command("start", (), N_("Begin"), lambda turn, rest: [hello(turn)], listed=False),
)  # fmt: skip
BY_WORD = {word: c for c in COMMANDS for word in (c.name, *c.words)}


def menu_for(role: str) -> list[tuple[str, str]]:
    """The commands a network may list for this role: (name, words). Empty role: a stranger."""
    return [(c.name, _(c.summary)) for c in COMMANDS if role and c.listed and c.allows(role)]


GIVE_UP = ("取消", "放弃", "cancel")
ONE_BACK = ("上一步", "返回", "back")


def answer(turn: Turn) -> list[Reply]:
    """Everything a known person can say in a direct chat; always at least one reply."""
    try:
        replies = _answer(turn)
    except Unclear as unclear:
        replies = _again(turn, str(unclear))
    replies = with_number_first(turn, turn.said.text, replies)
    return [reply if reply.to else veiled(reply, turn.masked) for reply in replies]


def _answer(turn: Turn) -> list[Reply]:
    if turn.said.problem:
        raise Unclear(_(UNREAD[turn.said.problem]))
    if turn.lined:
        turn.said = as_pressed(turn)
    said = turn.said
    if said.choice.startswith("f."):
        return _press(turn, said.choice)
    if said.attachments:
        return _attached(turn)
    return _typed(turn, (said.choice or said.text).strip())


def _press(turn: Turn, choice: str) -> list[Reply]:
    """A form's button: only the newest card of an own draft can change anything."""
    parts = choice.split(".", 3)
    tag, rev, code = parts[1:] if len(parts) == 4 else ("", "", "")
    draft = next((d for d in turn.drafts if d.tag == tag), None)
    if draft is None:
        return [_no_draft(turn, tag)]
    shape, filling = FORMS[draft.form], Filling(draft, turn)
    if rev != str(draft.rev):
        return [form.stale(shape, filling)]
    return form.press(shape, filling, code)


def _no_draft(turn: Turn, tag: str) -> Reply:
    """Pressed again after the card was done: the same answer, nothing new."""
    visit = record.already_submitted(turn.session, tag) if tag else None
    if visit is not None and turn.staff.id == visit.recorded_by:
        done = _("This visit is recorded already; nothing was stored twice.")
        return Reply(
            done, ((Button(_("Change it"), f"/fix {visit.ref}"),),), toast=_("Recorded already")
        )
    if (sent := already_sent(turn, tag)) is not None:
        return sent
    text = _("That card is finished or was thrown away.")
    return Reply(text, ((Button(_("Log a visit"), "/visit"),),), toast=_("Card finished"))


def _attached(turn: Turn) -> list[Reply]:
    if any(roster_chat.is_table(one) for one in turn.said.attachments):
        if turn.staff.role != COORDINATOR:
            raise Unclear(_("Only pictures can be kept (JPEG, PNG). Please send a photo."))
        return roster_chat.take(turn)
    draft = turn.open_draft()
    shape = FORMS[draft.form] if draft else None
    if draft is None or shape is None or "photo" not in shape.by_name:
        raise Unclear(
            _("Please choose the elder first (send the name), then send the picture. For a case: "
              "open it, tap “Note…”, then send the picture.")
        )  # fmt: skip
    replies = photos.take(turn, shape, Filling(draft, turn))
    caption = "" if shape.at_once else turn.said.text.strip()
    return form.add_remark(shape, Filling(draft, turn), caption) if caption else replies


def _typed(turn: Turn, text: str) -> list[Reply]:
    if not text:
        raise Unclear(_("I can read text and pictures only. Please write a few words."))
    if several := several_visits(turn, text):
        return several
    if text[0] in "/!／":
        return _command(turn, text)
    draft = turn.open_draft()
    if draft is None:
        return _plain_words(turn, text)
    return weather_called(turn, tidy(text)) or _in_dialogue(turn, draft, text)


def _command(turn: Turn, text: str) -> list[Reply]:
    word, _gap, rest = text[1:].strip().partition(" ")
    command = BY_WORD.get(word.partition("@")[0].lower())
    if command is None or not command.allows(turn.staff.role):
        return [not_understood(turn, text, BY_WORD)]
    return command.run(turn, rest.strip())


def _in_dialogue(turn: Turn, draft: OpenDraft, text: str) -> list[Reply]:
    """The open question comes first; words that are clearly a command still work."""
    shape, filling = FORMS[draft.form], Filling(draft, turn)
    word = tidy(text)
    if word.lower() in form.TO_DISCARDING and form.asks_to_discard(filling):
        return form.press(shape, filling, form.TO_DISCARDING[word.lower()])
    if word in GIVE_UP:
        return form.press(shape, filling, form.DISCARD)
    if word in ONE_BACK:
        return form.press(shape, filling, form.BACK)
    asks = open_question(shape, filling) is not None
    if is_about_another(turn, draft, word, asks):
        return _plain_words(turn, text)
    elsewhere = _reads_as_command(turn, word) or is_no_reason(turn, shape, word)
    try:
        return form.type_text(shape, filling, text, is_command=elsewhere)
    except Unclear:
        meant = elsewhere or question(turn, word).is_meant(asks)
        if meant or (shape is VISIT and is_about_another(turn, draft, word)):
            return _plain_words(turn, text)
        raise


def _reads_as_command(turn: Turn, word: str) -> bool:
    """Also without a blank, 走访高永昌, where a person stands behind the command."""
    if _is_command(turn, word):
        return True
    spaced = with_blank(word)
    name = split_line(spaced.partition(" ")[2], turn.today)[0] if spaced != word else ""
    return bool(name and lookup.find(turn.session, turn.staff, name, turn.today))


def _is_command(turn: Turn, text: str) -> bool:
    """Of what only buttons say, such as /who, the name alone begins any sentence."""
    word = text.split(" ")[0].lower()
    command = BY_WORD.get(word)
    if command is None or not (command.listed or word in command.words):
        return False
    return command.allows(turn.staff.role)


def _plain_words(turn: Turn, text: str) -> list[Reply]:
    """A command without a slash, a line of the list just shown, a name, or a suggestion."""
    words = with_blank(tidy(text))
    asked = question(turn, words) if danger_in(words) is None else NOTHING
    if asked.whole and asked.named:
        return _asked(turn, words, asked)
    if _is_command(turn, words):
        return _command(turn, f"/{words}")
    if code := _from_menu(turn, words) or usual_code(turn, words):
        return _command(turn, code)
    return _somebody(turn, text, words, asked)


def _somebody(turn: Turn, text: str, words: str, asked: Question) -> list[Reply]:
    """A name, a question, a visit in one line, a problem, or a suggestion."""
    hits = lookup.find(turn.session, turn.staff, words, turn.today)
    if len(hits) == 1:
        return [_about(turn, hits[0])]
    if hits:
        return [pick_elder(turn, "/who", 0, hits, words)]
    if asked.whole:
        return _asked(turn, words, asked)
    name, tail = split_line(words, turn.today)
    if tail and lookup.find(turn.session, turn.staff, name, turn.today):
        return _command(turn, f"/visit {words}")
    return (
        cover_said(turn, words)
        or withdrawal_said(turn, text)
        or weather_said(turn, text)
        or (danger_in(words) is None and observed_visit(turn, words))
        or proposed(turn, text)
        or told_visit(turn, words)
        or [not_understood(turn, text, BY_WORD, offers(asked))]
    )


def _asked(turn: Turn, words: str, asked: Question) -> list[Reply]:
    """The answer to a question that has one meaning; else which one is meant."""
    if asked.certain:
        return _command(turn, asked.readings[0].command)
    text = _("“%(text)s” may mean several things. Which one?") % {"text": words[:40]}
    return [Reply(text, tuple((button,) for button in offers(asked)))]


def offers(asked: Question) -> list[Button]:
    return [Button(one.label, one.command) for one in asked.readings]


def who_command(turn: Turn, rest: str) -> list[Reply]:
    """/who CODE — what can be done for this elder, after choosing among the same names."""
    elder = lookup.by_code(turn.session, turn.staff, rest, turn.today)
    return [_about(turn, elder)] if elder else [pick_elder(turn, "/who", 0)]


def _about(turn: Turn, elder: Elder) -> Reply:
    rows = (
        (Button(_("Log a visit"), f"/visit {elder.code}"),),
        (Button(_("Card"), f"/brief {elder.code}"), Button(_("History"), f"/history {elder.code}")),
        (Button(_("Report a problem"), f"/problem {elder.code}"),),
    )
    return Reply(turn.label(elder), rows)


def _from_menu(turn: Turn, words: str) -> str:
    """The command behind a number or label of the last buttons this chat was shown."""
    menu = turn.menu or last_menu(turn.session, turn.chat.id, turn.sent_at)
    buttons = [button for row in menu.rows for button in row] if menu else []
    for place, (label, code) in enumerate(buttons, start=1):
        if words in (str(place), label) and code.startswith("/"):
            return code
    return ""


def _again(turn: Turn, sentence: str) -> list[Reply]:
    """One sentence on what to do, and the question that is still open."""
    draft = turn.open_draft()
    if draft is None:
        return [Reply(sentence, ((Button(_("Help"), "/help"),),))]
    card = form.card(FORMS[draft.form], Filling(draft, turn))
    return [Reply(f"{sentence}\n\n{card.text}", card.rows, card.card, toast=sentence)]


__all__ = ["BY_WORD", "COMMANDS", "FORMS", "answer", "in_group", "menu_for", "stranger"]
