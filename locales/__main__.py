"""Keeps the catalogues complete: `python -m locales` rewrites them, `--check` only complains."""

import io
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from locales import LANGUAGES

HOUSE = Path(__file__).parent.parent
ROOMS = ("bot", "handlers")
METHODS = [("**.py", "python")]
KEYWORDS = {
    "_": None,
    "gettext": None,
    "mark": None,
    "N_": None,
    "ngettext": (1, 2),
}
GAP = re.compile(r"%\((\w+)\)")
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)  # a true date would make each run a change
HEADER = "# Messages of liaison-bot in PROJECT; written by `make catalogues`."


def extracted() -> Catalog:
    """Every text in the code that people can see."""
    found = Catalog(project="liaison-bot", charset="utf-8")
    for room in ROOMS:
        texts = extract_from_dir(HOUSE / room, METHODS, keywords=KEYWORDS, strip_comment_tags=True)
        for _file, _line, message, _comments, _context in texts:
            found.add(message)
    return found


def po_file(language: str) -> Path:
    return HOUSE / "locales" / language / "LC_MESSAGES" / "messages.po"


def mo_file(language: str) -> Path:
    return po_file(language).with_suffix(".mo")


def kept(language: str) -> Catalog:
    """The catalogue as it lies there; a new one for a new language."""
    path = po_file(language)
    if not path.exists():
        return Catalog(locale=language, project="liaison-bot", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, template: Catalog) -> Catalog:
    """Adds what is new and drops what is gone; no guessing at texts that look alike."""
    catalogue = kept(language)
    catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    catalogue.header_comment = HEADER.replace("PROJECT", language)
    return catalogue


def po_bytes(catalogue: Catalog) -> bytes:
    file = io.BytesIO()
    write_po(file, catalogue, width=0, no_location=True, sort_output=True)
    lines = file.getvalue().decode().splitlines(keepends=True)
    # Dates and tool versions would change with each run and tell nobody anything.
    dull = (
        "-Date:",
        "-Team:",
        "Project-Id-",
        "Last-Translator:",
        "Generated-By:",
        "Report-Msgid-Bugs-To:",
    )
    return "".join(line for line in lines if not any(word in line for word in dull)).encode()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Compiled from the file's own bytes, so that it only changes when they do."""
    entries = read_po(io.BytesIO(po_bytes(catalogue)), locale=str(catalogue.locale))
    entries.creation_date = entries.revision_date = LONG_AGO
    file = io.BytesIO()
    write_mo(file, entries)
    return file.getvalue()


def rewrite() -> None:
    template = extracted()
    for language in LANGUAGES:
        catalogue = updated(language, template)
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        po_file(language).write_bytes(po_bytes(catalogue))
        mo_file(language).write_bytes(mo_bytes(catalogue))


def problems() -> Iterator[str]:
    """One line for each text that is missing, doubtful or stale."""
    template = extracted()
    for language in LANGUAGES:
        catalogue = updated(language, template)
        if not po_file(language).exists() or po_file(language).read_bytes() != po_bytes(catalogue):
            yield f"{language}: the catalogue is not up to date: run `make catalogues`."
        elif mo_file(language).read_bytes() != mo_bytes(catalogue):
            yield f"{language}: the compiled catalogue is not up to date: run `make catalogues`."
        for message in catalogue:
            if message.id:
                yield from (f"{language}: {why}" for why in wrong(message, language))


def wrong(message: Message, language: str) -> Iterator[str]:
    """English is the code's own language: there an empty entry means the text itself."""
    ids, strings = as_tuple(message.id), as_tuple(message.string)
    if message.fuzzy:
        yield f"check and un-fuzzy {ids[0]!r}."
    if not all(strings):
        if language != "en":
            yield f"translate {ids[0]!r}."
        return
    for string in strings:
        if gaps(string) != gaps(ids[-1]):
            yield f"the named gaps of {ids[0]!r} are not those of {string!r}."


def as_tuple(texts: str | list[str] | tuple[str, ...] | None) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts or ("",))


def gaps(text: str) -> set[str]:
    return set(GAP.findall(text))


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        found = list(problems())
        print("\n".join(found), file=sys.stderr) if found else None
        return 1 if found else 0
    rewrite()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
