"""Two liaisons, a coordinator and a stranger who do and say anything, and what must hold then."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from unicodedata import normalize
from uuid import UUID

from sqlmodel import Session, col, select

from handlers.talk import Incoming
from models.assignment import PRIMARY, Assignment
from models.attachment import Photo
from models.audit import Audit
from models.case import Case
from models.draft import Draft
from models.elder import Elder, masked
from models.mailbox import Outgoing, Seen
from models.schedule import Leave
from models.staff import Chat, Staff
from models.visit import CURRENT, Concern, Promise, Visit
from tests import wild
from tests.conversation import STAFF, UNITS, ZONE, Town

PEOPLE = ("周明", "李娜", "王主任", "生人")
LIAISONS = ("周明", "李娜")
CASE_LOOKS = ("case_story", "case_where")
VISITORS = ("周明", "周明", "李娜", "王主任")
OFFICE_WORDS = {*(name for name, *_ in STAFF), *(name for name, *_ in UNITS)}
BUTTON = re.compile(r"(/.+|f\.[0-9a-f]{12}\.\d+\..+|tel:\+?\d+|https://.+)", re.DOTALL)

ACTIONS = ("mends", "mends", "taps", "taps", "goes_on", "forges", "presses_anything", "names_a_record",
           "opens_a_draft", "hears_again", "lets_time_pass", "invites", "joins", *["visits"] * 5)  # fmt: skip


class Talk:
    """The people at their phones. `chance` decides who does what; the wild words, forged presses
    and broken files come from Hypothesis."""

    def __init__(self, town: Town, chance: Random) -> None:
        self.town, self.chance = town, chance
        self.keys = count(1)
        self.last_seq = 0
        self.shown: list[str] = []  # the code of every button anybody was ever shown
        self.sent: list[Incoming] = []
        self.said: dict[object, str] = defaultdict(str)  # by chat and by person
        self.invitations: list[str] = []
        for name in PEOPLE[:3]:
            town.person(name)
        self.elders = town.rows(Elder)
        self.scope: dict[UUID, set[UUID]] = {staff.id: set() for staff in town.rows(Staff)}
        self.scope[town.staff["王主任"]] = {elder.id for elder in self.elders}
        for pairing in town.rows(Assignment, role=PRIMARY):
            self.scope[pairing.staff_id].add(pairing.elder_id)

    def widen_scopes(self) -> None:
        """Whoever was asked to stand in for the other liaison may see their elders from then on."""
        today = self.town.now.astimezone(ZONE).date()
        for leave in self.town.rows(Leave):
            if leave.from_on <= today <= leave.until_on:
                for name in LIAISONS:
                    self.scope[self.town.staff[name]] |= self.scope[leave.staff_id]

    # What people do

    def go_on(self, stuff: list[dict[str, Any]]) -> None:
        """One thing after the other, and between them what is wild: alone, or much at once."""
        while stuff:
            for _ in range(self.chance.randrange(5)):
                getattr(self, self.chance.choice(ACTIONS))(self.chance.choice(VISITORS))
                self.holds()
            if self.chance.random() < 0.1:
                self.much_comes_at_once(stuff[:6])
                del stuff[:6]
            else:
                self.tell(self.chance.choice(PEOPLE), **stuff.pop(0), sent_at=self.some_clock())
            self.holds()

    def some_clock(self) -> datetime | None:
        hours = self.chance.choice([None, None, 0, -5, -100, -500_000, 2, 100_000])
        return None if hours is None else self.town.now + timedelta(hours=hours)

    def visits(self, name: str) -> None:
        tail = self.chance.choice(["", "", *wild.TAILS[:5]])
        self.tell(name, text=f"/visit E{self.chance.randrange(1, 7):04d} {tail}")
        self.go_forward(name, self.chance.randrange(3, 14))

    def mends(self, name: str) -> None:
        visits = self.town.rows(Visit)
        if visits:
            what = self.chance.choice(["answers", "move", "void"])
            self.tell(name, text=f"/fix {self.chance.choice(visits).ref} {what}")
            self.go_forward(name, self.chance.randrange(8))

    def go_forward(self, name: str, taps: int) -> None:
        """Answers and submits as long as there is something to answer or submit."""
        for _ in range(taps):
            codes = self.buttons_of(name)
            forward = [code for code in codes if re.match(r"f\.\w+\.\d+\.([akq]:|s$)", code)]
            if codes:
                self.tell(name, choice=self.chance.choice(forward or codes))

    def taps(self, name: str) -> None:
        name = self.chance.choice(PEOPLE)
        for _ in range(self.chance.randrange(6)):
            codes = self.buttons_of(name)
            if codes:
                self.tell(name, choice=self.chance.choice(codes))

    def goes_on(self, name: str) -> None:
        for _ in range(self.chance.randrange(5)):
            draft = self.open_draft(name)
            if draft is not None:
                self.assert_answerable(name, draft)

    def presses_anything(self, name: str) -> None:
        if self.shown:
            self.tell(self.chance.choice(PEOPLE), choice=self.chance.choice(self.shown))

    def forges(self, name: str) -> None:
        """A press on anybody's card, with an old or impossible revision."""
        for draft in self.town.rows(Draft)[:1]:
            rev = draft.rev - self.chance.choice([0, 0, 0, 1, -1, 10**18])
            self.tell(name, choice=f"f.{draft.tag}.{rev}.{self.chance.choice(wild.CODES)}")

    def names_a_record(self, name: str) -> None:
        visits = self.town.rows(Visit)
        if visits:
            tail = self.chance.choice(["", "answers", "move", "move E0006", "void"])
            name = self.chance.choice(PEOPLE)
            self.tell(name, text=f"/fix {self.chance.choice(visits).ref} {tail}")

    def opens_a_draft(self, name: str) -> None:
        drafts = self.town.rows(Draft)
        if drafts:
            self.tell(self.chance.choice(PEOPLE), text=f"/go {self.chance.choice(drafts).tag}")

    def hears_again(self, name: str) -> None:
        """The network delivers something once more."""
        if self.sent:
            again = self.receive(self.chance.choice(self.sent))
            assert again == [], "a message that came twice was answered twice"

    def lets_time_pass(self, name: str) -> None:
        self.town.wait(hours=self.chance.choice([0, 1, 20, 30, 100]))

    def much_comes_at_once(self, stuff: list[dict[str, Any]]) -> None:
        batch = [self.message(self.chance.choice(PEOPLE), **one) for one in stuff]
        batch += self.chance.sample(batch, len(batch) // 2)
        self.chance.shuffle(batch)
        self.exchange(batch)

    def invites(self, name: str) -> None:
        rows = self.tell("王主任", text=f"/invite {self.chance.choice(LIAISONS)}")
        self.invitations += re.findall(r"^([0-9A-Z]{5}-[0-9A-Z]{5})$", rows[0].text, re.MULTILINE)

    def joins(self, name: str) -> None:
        if self.invitations:
            code = self.chance.choice(self.invitations).replace("-", "")
            text = f"/join {code}{self.chance.choice(['', '', ' yes', ' no'])}"
            self.tell(self.chance.choice(PEOPLE), text=text, invited=True)

    # How it is done

    def message(self, name: str, **what: object) -> Incoming:
        press = f"press{next(self.keys)}" if "choice" in what else ""
        return Incoming("web", name, f"k{next(self.keys)}", press=press, **what)

    def tell(self, name: str, invited: bool = False, **what: object) -> list[Outgoing]:
        return self.exchange([self.message(name, **what)], invited)

    def exchange(self, batch: list[Incoming], invited: bool = False) -> list[Outgoing]:
        """Everybody who wrote gets an answer to each message, and nothing they may not see."""
        before = {said.chat: self.identity(said.chat) for said in batch}
        for said in batch:
            self.remember(said, before[said.chat])
        rows = self.receive(*batch)
        for name in before:
            asked = len({said.key for said in batch if said.chat == name})
            given = [row for row in rows if self.chats[row.chat_id].address == name]
            assert len(given) >= asked, f"{name} was left without an answer"
        for row in rows:
            self.check(row, before, invited)
        self.check_cards(rows)
        return rows

    def remember(self, said: Incoming, staff_id: UUID | None) -> None:
        written = said.text + said.choice
        written = f"\n{written}\n{normalize('NFKC', written)}\n{written.upper()}"
        self.said[said.chat] += written
        self.said[staff_id] += written
        if said not in self.sent:
            self.sent.append(said)

    def receive(self, *batch: Incoming) -> list[Outgoing]:
        """What was put into the outbox by this."""
        self.town.receive(*batch)
        with Session(self.town.database) as session:
            fresh = (
                select(Outgoing)
                .where(col(Outgoing.seq) > self.last_seq)
                .order_by(col(Outgoing.seq))
            )
            rows = list(session.exec(fresh))
            self.chats = {chat.id: chat for chat in session.exec(select(Chat))}
        self.widen_scopes()
        self.last_seq = max([self.last_seq, *(row.seq for row in rows)])
        self.shown += [code for row in rows for code in codes_of(row)]
        return rows

    def identity(self, name: str) -> UUID | None:
        found = self.town.rows(Chat, address=name)
        return found[0].staff_id if found else None

    def buttons_of(self, name: str) -> list[str]:
        """The buttons of the newest message that has some."""
        with Session(self.town.database) as session:
            own = (
                select(Outgoing)
                .join(Chat)
                .where(Chat.address == name)
                .order_by(col(Outgoing.seq).desc())
            )
            return next((codes_of(row) for row in session.exec(own.limit(10)) if row.rows), [])

    def open_draft(self, name: str) -> Draft | None:
        mine = self.town.rows(Draft, staff_id=self.identity(name), parked=False)
        return max(mine, key=lambda draft: draft.updated_at, default=None)

    # What must hold

    def check(self, row: Outgoing, before: dict[str, UUID | None], invited: bool) -> None:
        chat = self.chats[row.chat_id]
        labels = [label for line in row.rows for label, _code in line]
        assert row.text.strip()
        assert all(label.strip() for label in labels)
        assert all(BUTTON.fullmatch(code) and len(code.encode()) <= 64 for code in codes_of(row))
        visible = "\n".join([row.text, *labels, *codes_of(row)])
        who_reads = {before.get(chat.address, chat.staff_id), chat.staff_id}
        known = self.said[chat.address] + "".join(self.said[one] for one in who_reads)
        if who_reads == {None}:
            told = OFFICE_WORDS - (OFFICE_WORDS if invited else set())
            assert not [w for w in told if w in visible and w not in known], (
                f"a stranger read: {visible}"
            )
        allowed = set[UUID]().union(*(self.scope[one] for one in who_reads if one))
        if who_reads != {None}:
            allowed |= self.in_danger()
        for elder in self.elders:
            if elder.id not in allowed:
                leaks = [w for w in secrets_of(elder) if w in visible and w not in known]
                assert not leaks, f"{chat.address} read {leaks}: {visible}"

    def in_danger(self) -> set[UUID]:
        """An emergency is told to the backup too, who may be the nearest; one cannot tell by
        the masked name which of two namesakes it is."""
        grave = [*self.town.rows(Case, severity=1), *self.town.rows(Concern, severity=1)]
        ids = {one.elder_id for one in grave}
        names = {elder.name for elder in self.elders if elder.id in ids}
        return {elder.id for elder in self.elders if elder.name in names}

    def check_cards(self, rows: list[Outgoing]) -> None:
        """Of each card that was shown, the last one carries buttons that are up to date."""
        last = {row.card: row for row in rows if row.card}
        for draft in self.town.rows(Draft):
            if draft.tag in last:
                codes = codes_of(last[draft.tag])
                revs = {code.split(".")[2] for code in codes if code.startswith(f"f.{draft.tag}.")}
                again = f"/go {draft.tag}" in codes
                assert revs == {str(draft.rev)} or (draft.parked and again), (draft, codes)

    def assert_answerable(self, name: str, draft: Draft) -> None:
        """The first button of the card does something; a card that time has overtaken says so
        by showing the current one, and then that one does."""
        for _ in range(2):
            self.tell(name, choice=f"/go {draft.tag}")
            first = next(code for code in self.buttons_of(name) if code.startswith("f."))
            (before,) = self.town.rows(Draft, tag=draft.tag)
            self.tell(name, choice=first)
            after = self.town.rows(Draft, tag=draft.tag)
            if not after or (after[0].rev, after[0].answers) != (before.rev, before.answers):
                return
        raise AssertionError(f"{first} changes nothing")

    def holds(self) -> None:
        self.nothing_failed()
        self.every_row_is_in_its_writer_s_scope()
        self.a_visit_has_one_revision_in_force()

    def nothing_failed(self) -> None:
        with Session(self.town.database) as session:
            failed = session.exec(select(Seen.key).where(Seen.error != "")).all()
        wrong = [said for said in self.sent if said.key in failed]
        assert not wrong

    def every_row_is_in_its_writer_s_scope(self) -> None:
        with Session(self.town.database) as session:
            pairs = set(session.exec(select(Visit.recorded_by, Visit.elder_id)))
            looked = select(Audit.staff_id, Audit.elder_id).where(col(Audit.elder_id).is_not(None))
            pairs |= set(session.exec(looked.where(col(Audit.action).not_in(CASE_LOOKS))))
            own = col(Visit.id) == Concern.visit_id
            pairs |= set(
                session.exec(select(Visit.recorded_by, Concern.elder_id).join(Concern, own))
            )
            pairs |= set(session.exec(select(Promise.staff_id, Promise.elder_id)))
            drafts = {draft.tag: draft for draft in session.exec(select(Draft))}
            photos = session.exec(select(Photo.draft_tag, Photo.staff_id)).all()
        codes = {elder.code: elder.id for elder in self.elders}
        pairs |= {
            (d.staff_id, codes[d.context["code"]]) for d in drafts.values() if d.form == "visit"
        }
        assert not [pair for pair in pairs if pair[1] not in self.scope[pair[0]]]
        assert not [tag for tag, owner in photos if tag in drafts and drafts[tag].staff_id != owner]

    def a_visit_has_one_revision_in_force(self) -> None:
        with Session(self.town.database) as session:
            roots = session.exec(select(Visit.root_id).where(Visit.state == CURRENT)).all()
        assert len(roots) == len(set(roots))


def codes_of(row: Outgoing) -> list[str]:
    return [code for line in row.rows for _label, code in line]


def secrets_of(elder: Elder) -> set[str]:
    """What tells who this is: known only to those who look after the elder."""
    phone = elder.phone.replace(" ", "")
    return {
        elder.name,
        masked(elder.name),
        elder.code,
        elder.phone,
        phone,
        elder.allergies,
        elder.address,
    }
