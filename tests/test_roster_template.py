"""The workbook to fill in: understood as it stands, in both languages."""

import io
from datetime import date

import openpyxl
import pytest

from handlers.documents.roster_columns import COLUMNS, codes, headings
from handlers.documents.roster_file import read
from handlers.documents.roster_template import offered, template, words
from handlers.documents.roster_values import squeezed
from locales import LANGUAGES, speaking
from locales import gettext as _
from models.roster_types import ELDERS, STAFF, UNITS


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_is_understood_in_its_own_language(language):
    with speaking(language):
        made = openpyxl.load_workbook(io.BytesIO(template()))
        for kind, sheet in zip((ELDERS, STAFF, UNITS), made.worksheets, strict=False):
            titles = [squeezed(str(cell.value)) for cell in sheet[1]]
            assert [headings(kind)[title].field for title in titles] == [
                column.field for column in offered(kind)
            ]
            assert all(cell.comment for cell in sheet[1])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_every_list_is_read_as_its_code(language):
    with speaking(language):
        for column in (column for kind in COLUMNS for column in COLUMNS[kind]):
            if column.choices and words(column):
                read_back = [codes(column)[squeezed(word)] for word in words(column)]
                assert read_back == [choice.code for choice in column.choices]
                assert len(",".join(words(column))) < 255  # the limit of a list in Excel


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_that_was_filled_in_is_read_without_a_problem(language):
    with speaking(language):
        made = openpyxl.load_workbook(io.BytesIO(template()))
        sheet = made.worksheets[0]
        for number, column in enumerate(offered(ELDERS), start=1):
            filled = {"name": "高永昌", "birth": "1941-03-05", "town": "岚桥镇"}
            offer = words(column)
            sheet.cell(3, number, filled.get(column.field, offer[0] if offer else None))
        data = io.BytesIO()
        made.save(data)
        reading = read(data.getvalue(), "roster.xlsx")
        assert [row.number for row in reading.rows] == [3]
        assert not reading.rows[0].problems
        assert not reading.notices
        assert reading.rows[0].get("birth").on == date(1941, 3, 5)
        assert reading.rows[0].get("lives_alone") is True


def test_the_template_lists_its_codes_freezes_its_headings_and_keeps_text():
    with speaking("zh_CN"):
        made = openpyxl.load_workbook(io.BytesIO(template()))
    elders = made.worksheets[0]
    lists = [rule.formula1 for rule in elders.data_validations.dataValidation]
    assert sum(text.startswith('"') for text in lists) == len(
        [column for column in offered(ELDERS) if words(column)]
    )
    assert elders.freeze_panes == "C2"
    phone = [column.field for column in offered(ELDERS)].index("phone") + 1
    assert elders.cell(2, phone).number_format == "@"
    with speaking("zh_CN"):
        explained = [row[1].value for row in made.worksheets[-1].iter_rows()]
        assert {_(column.title) for column in offered(ELDERS)} <= set(explained)


@pytest.mark.parametrize(
    "text", ["=1+1", "+86 000 0000 0001", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0"]
)
def test_what_a_person_wrote_never_becomes_a_formula(text):
    made = openpyxl.load_workbook(io.BytesIO(template({ELDERS: [{"name": text}]})))
    name = made.worksheets[0].cell(3, 2)
    assert (name.value, name.data_type) == (text, "s")
    assert name.quotePrefix
