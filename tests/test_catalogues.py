import ast

import pytest
from babel.messages.catalog import Message

from locales import LANGUAGES
from locales import __main__ as catalogues


def test_every_text_is_translated_and_the_compiled_files_are_fresh() -> None:
    assert list(catalogues.problems()) == []


def test_both_languages_are_there() -> None:
    assert all(catalogues.mo_file(language).exists() for language in LANGUAGES)


def test_an_untranslated_text_is_named() -> None:
    message = Message("Good morning.", string="")
    assert list(catalogues.wrong(message, "zh_CN")) == ["translate 'Good morning.'."]
    assert list(catalogues.wrong(message, "en")) == []


def test_a_guessed_translation_is_named() -> None:
    message = Message("Good morning.", string="早上好。", flags=["fuzzy"])
    assert list(catalogues.wrong(message, "zh_CN")) == ["check and un-fuzzy 'Good morning.'."]


def test_a_translation_with_another_gap_is_named() -> None:
    message = Message("Hello %(name)s.", string="%(nome)s,您好。")
    assert len(list(catalogues.wrong(message, "zh_CN"))) == 1


def test_a_plural_needs_the_gaps_of_the_plural() -> None:
    right = Message(("One visit.", "%(count)d visits."), string=("走访%(count)d次。",))
    wrong = Message(("One visit.", "%(count)d visits."), string=("走访。",))
    assert list(catalogues.wrong(right, "zh_CN")) == []
    assert len(list(catalogues.wrong(wrong, "zh_CN"))) == 1


def test_a_text_without_its_plural_forms_is_untranslated() -> None:
    message = Message(("One visit.", "%(count)d visits."), string=("",))
    assert len(list(catalogues.wrong(message, "zh_CN"))) == 1


def spoken(source: str) -> list[str]:
    """What is handed to the translation but cannot be found by reading the code: made up on the
    way, or marked without being written there. A name, or one entry of a table, was marked."""
    named = (ast.Name, ast.Attribute, ast.Subscript)
    wrong = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in SPEAKING:
            continue
        allowed = () if node.func.id in MARKING else named
        texts = node.args[: 2 if node.func.id == "ngettext" else 1]
        wrong += [ast.unparse(node) for text in texts if not is_literal(text, allowed)]
    return wrong


def is_literal(text: ast.expr, allowed: tuple[type[ast.expr], ...]) -> bool:
    if isinstance(text, ast.Call) and allowed:  # one that looks a marked text up, no str method
        return getattr(text.func, "attr", "") not in dir(str)
    literal = isinstance(text, ast.Constant) and isinstance(text.value, str)
    return literal or isinstance(text, allowed)


SPEAKING = ("_", "N_", "gettext", "mark", "ngettext")
MARKING = ("N_", "mark", "ngettext")  # these must hold the text itself


@pytest.mark.parametrize("room", catalogues.ROOMS)
def test_every_text_can_be_found_by_reading_the_code(room: str) -> None:
    found = {
        path.name: wrong
        for path in (catalogues.HOUSE / room).rglob("*.py")
        if (wrong := spoken(path.read_text("utf-8")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ['_(f"Hello {name}")', '_("Hello " + name)', '_("Hello %s" % name)', '_("Hello".lower())', "N_(label)",
     '_("one" if few else "many")', 'ngettext(one, many, 3)', '_("Hello {}".format(name))'],
)  # fmt: skip
def test_a_text_that_is_made_up_on_the_way_is_named(line: str) -> None:
    assert len(spoken(line)) >= 1


def test_a_marked_text_may_be_handed_over() -> None:
    assert spoken('_("Hello."); _(choice.label); _(WORDS["a"]); _(text); N_("Hello.")') == []
