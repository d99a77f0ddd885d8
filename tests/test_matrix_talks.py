"""The conversations of the other networks, as they stand, over a real homeserver: what is pressed
there is answered here by its number, in plain and in encrypted rooms."""

import inspect
import io
from collections.abc import Callable, Iterator

import pytest
from openpyxl import load_workbook
from PIL import Image

from tests import (
    test_broadcast,
    test_case_work,
    test_fix,
    test_nudge,
    test_photos,
    test_visit,
)
from tests.conversation import Town
from tests.on_matrix import Caller, Line, opened
from tests.synapse import Synapse

TALKS = (
    test_visit.test_a_visit_where_all_is_well_takes_four_taps,
    test_visit.test_a_press_on_an_old_card_changes_nothing_and_shows_the_current_one,
    test_fix.test_an_answer_is_corrected_as_a_revision,
    test_nudge.test_the_morning_digest_in_one_message,
    test_case_work.test_from_report_to_close_everybody_s_card_is_current,
    test_broadcast.test_to_whom_the_words_a_look_and_only_then_it_goes,
    test_photos.test_a_photo_goes_with_the_visit_and_loses_its_exif,
    test_photos.test_pictures_come_later_to_a_case_and_everybody_finds_them,
)


@pytest.fixture
def kind() -> str:
    """One database will do: what differs here is the network."""
    return "sqlite"


@pytest.fixture
def photo() -> bytes:
    return test_photos.picture()


@pytest.fixture
def encrypted() -> bool:
    return True


@pytest.fixture
def line(town: Town, synapse: Synapse, tmp_path, encrypted: bool) -> Iterator[Line]:
    with opened(town, synapse, tmp_path, encrypted) as line:
        yield line


@pytest.fixture
def zhou(line: Line) -> Caller:
    return line.person("周明")


@pytest.fixture
def li(line: Line) -> Caller:
    return line.person("李娜")


@pytest.fixture
def liu(line: Line) -> Caller:
    return line.person("刘强")


@pytest.fixture
def wang(line: Line) -> Caller:
    return line.person("王主任")


def hold(talk: Callable[..., None], request: pytest.FixtureRequest) -> None:
    talk(**{name: request.getfixturevalue(name) for name in inspect.signature(talk).parameters})


@pytest.mark.parametrize("talk", TALKS, ids=lambda talk: talk.__name__)
def test_the_same_conversation(talk: Callable[..., None], request) -> None:
    hold(talk, request)


@pytest.mark.parametrize("encrypted", [False])
@pytest.mark.parametrize("talk", [TALKS[0], TALKS[-1]], ids=["visit", "pictures"])
def test_the_same_conversation_in_plain_rooms(
    talk: Callable[..., None], encrypted, request
) -> None:
    hold(talk, request)


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "plain"])
def test_a_chart_a_workbook_and_a_code_to_scan_open_on_the_phone(wang: Caller, encrypted) -> None:
    wang.talk(
        "图",
        "看哪张图",
        "[各地完成]",
        "已访0/应访",
        "/invite 周明",
        "邀请码",
        "/report 2026-11",
        "应访",
    )
    kinds = sorted(name.rpartition(".")[2] for name in wang.files)
    assert kinds == ["png", "png", "xlsx"]
    for name, data in wang.files.items():
        opens = load_workbook if name.endswith("xlsx") else Image.open
        assert opens(io.BytesIO(data))
