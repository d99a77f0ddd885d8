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
