"""Pictures of hazards: checked, re-encoded without EXIF, kept with the draft they belong to."""

import hashlib
import io
from uuid import UUID

from sqlmodel import col, select, update

from handlers import form
from handlers.questions import Filling, Form
from handlers.talk import Attachment, Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from models.attachment import Photo
from models.case import Case

LARGEST = 10 * 1024 * 1024  # bytes as sent
MOST_PIXELS = 50_000_000  # as sent: a file of a few bytes can claim to be any size
LONGEST_SIDE = 1600  # pixels as kept
MOST_AT_ONCE = 5


def take(turn: Turn, shape: Form, filling: Filling) -> list[Reply]:
    """Adds the pictures of this message to the draft. Raises Unclear for what is no picture."""
    kept = list(filling.get("photo") or [])
    if len(kept) + len(turn.said.attachments) > MOST_AT_ONCE:
        raise Unclear(_("At most %(most)d pictures at a time.") % {"most": MOST_AT_ONCE})
    new = [_read(turn, filling, sent) for sent in turn.said.attachments]  # all, or none is kept
    turn.session.add_all(new)
    form.put(filling, "photo", [*kept, *(str(photo.id) for photo in new)])
    return shape.pictured(filling) or [form.card(shape, filling)]


def _read(turn: Turn, filling: Filling, sent: Attachment) -> Photo:
    check_arrived(sent)
    digest = hashlib.sha256(sent.data).hexdigest()
    tag = filling.draft.tag
    same = select(Photo).where(Photo.draft_tag == tag, Photo.sha256 == digest)
    existing = turn.session.exec(same).first()
    if existing:
        raise Unclear(_("That picture is already on this card."))
    data, width, height = _clean(sent.data)
    return Photo(
        staff_id=turn.staff.id,
        draft_tag=tag,
        sha256=digest,
        mime="image/jpeg",
        width=width,
        height=height,
        received_at=turn.now,
        data=data,
    )


def check_arrived(sent: Attachment) -> None:
    """Raises Unclear for what could not be fetched."""
    if sent.problem == "too_large" or len(sent.data) > LARGEST:
        raise Unclear(_("That file is too large. Please send one of at most 10 MB."))
    if sent.problem:
        raise Unclear(_("The file did not arrive. Please send it once more."))


def _clean(data: bytes) -> tuple[bytes, int, int]:
    """JPEG bytes turned upright and scaled down; EXIF, and with it the place, is left behind."""
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP", "GIF")) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Unclear(_("That picture is too large. Please send a smaller one."))
            opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is scaled as it is read
            image = ImageOps.exif_transpose(opened).convert("RGB")
    except Unclear:
        raise
    except Exception:  # what a decoder raises over a broken file has no common name
        raise Unclear(_("Only pictures can be kept (JPEG, PNG). Please send a photo.")) from None
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue(), image.width, image.height


def give_to_case(turn: Turn, filling: Filling, case: Case) -> None:
    """The pictures on a card belong to the case it has become, or was about all along."""
    kept = [UUID(one) for one in filling.get("photo") or ()]
    if kept:
        turn.session.flush()
        turn.session.exec(update(Photo).where(col(Photo.id).in_(kept)).values(case_id=case.id))
