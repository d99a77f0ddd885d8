"""The import on the command line: workbooks and text files on disk, both databases."""

import io
import re

import openpyxl
import pytest

from bot.config import Problem
from bot.roster import import_file, write_template
from locales import speaking
from models.assignment import Assignment
from models.elder import Elder
from models.org import Unit
from models.roster_types import ELDERS, STAFF
from models.staff import Staff
from tests.desk import ONE_SHEET, county, key, mend, spoilt


def test_a_workbook_with_ten_mistakes_is_mended_from_the_messages_alone(desk, capsys):
    path = desk.folder / "roster.xlsx"
    right = spoilt(path)
    with speaking("en"):
        assert import_file(desk.settings, path, dry_run=False, skip_bad=False) == 1
        assert desk.rows(Elder) == []
        mend(path, capsys.readouterr().out, right)
        assert not right
        assert import_file(desk.settings, path, dry_run=False, skip_bad=False) == 0
        assert "Elders: 300 new" in capsys.readouterr().out
        assert import_file(desk.settings, path, dry_run=False, skip_bad=False) == 0
        assert "Nothing to change." in capsys.readouterr().out
    assert len(desk.rows(Elder)) == 300
    assert len(desk.rows(Assignment)) == 600
    assert len(desk.rows(Unit)) == 26


def test_a_trial_shows_everything_and_writes_nothing(desk, capsys):
    path = desk.folder / "roster.xlsx"
    path.write_bytes(county())
    with speaking("en"):
        assert import_file(desk.settings, path, dry_run=True, skip_bad=False) == 0
    out = capsys.readouterr().out
    assert out.startswith("This is a trial: nothing is written.\nElders: 300 new")
    assert "villages 20" in out
    assert desk.rows(Elder) == desk.rows(Unit) == []


def test_skipping_bad_rows_takes_the_good_ones_and_drops_what_hangs_on_the_bad(desk, capsys):
    book = openpyxl.load_workbook(io.BytesIO(county()))
    book["Staff"].cell(3, key(STAFF, "role")).value = "司机"  # 周明: liaison of sixty
    book["Elders"].cell(4, key(ELDERS, "birth")).value = "不详"
    path = desk.folder / "roster.xlsx"
    book.save(path)
    with speaking("en"):
        assert import_file(desk.settings, path, dry_run=False, skip_bad=True) == 0
    out = capsys.readouterr().out
    assert "“周明” cannot be assigned: mend row 3 of Staff first." in out
    assert "Imported; 2 rows were left out." in out
    assert len(desk.rows(Elder)) == 299
    assert len(desk.rows(Staff)) == 29
    assert re.search(r"Without a liaison: 60 \(", out)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_csv_from_excel_is_imported(desk, encoding, capsys):
    path = desk.folder / "名册.csv"
    path.write_bytes(ONE_SHEET.replace("\n", "\r\n").encode(encoding))
    with speaking("en"):
        assert import_file(desk.settings, path, dry_run=False, skip_bad=False) == 0
    assert {elder.name for elder in desk.rows(Elder)} == {"高永昌", "李秀英", "王德胜"}
    assert "New liaisons, taken from the column of liaisons: 3" in capsys.readouterr().out


def test_what_changes_is_shown_old_and_new(desk, capsys):
    desk.take(ONE_SHEET)
    path = desk.folder / "名册.csv"
    path.write_text(ONE_SHEET.replace("0001,", "0009,").replace("王德胜,1938", "王德胜,1939"))
    with speaking("en"):
        assert import_file(desk.settings, path, dry_run=True, skip_bad=False) == 1
    out = capsys.readouterr().out
    assert "E0001 高永昌  Phone +86 000 0000 0001 → +86 000 0000 0009" in out
    assert "Is it E0004 王德胜 1938-12-30 沙河镇?" in out


def test_a_file_that_is_not_there_or_no_roster_ends_in_one_sentence(local):
    path = local.folder / "nothing.xlsx"
    with speaking("en"):
        with pytest.raises(Problem, match="There is no file"):
            import_file(local.settings, path, dry_run=False, skip_bad=False)
        path.write_bytes(b"PK\x03\x04")
        with pytest.raises(Problem, match="cannot be read"):
            import_file(local.settings, path, dry_run=False, skip_bad=False)


def test_the_template_is_never_written_over_a_file(local):
    path = local.folder / "template.xlsx"
    with speaking("en"):
        write_template(path)
        with pytest.raises(Problem, match="is there already"):
            write_template(path)
