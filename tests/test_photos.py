"""Pictures of hazards, as conversations."""

import hashlib
import io

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from models.attachment import Photo


def picture(size=(2400, 1200), kind="JPEG") -> bytes:
    """A photo that carries its place and its camera, as a phone makes it."""
    image = Image.effect_noise(size, 60).convert("RGB")
    exif = Image.Exif()
    exif[Base.Make] = "PhoneMaker"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (34.0, 10.0, 5.0)
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


@pytest.fixture(scope="module")
def photo() -> bytes:
    return picture()


def test_a_photo_goes_with_the_visit_and_loses_its_exif(town, zhou, photo):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[＋ 照片]", "不要拍到人脸")
    zhou.photo(photo)
    assert "照片:1 张" in zhou.text
    zhou.talk("[提交]", "已记下")
    (kept,) = town.rows(Photo)
    (visit,) = town.visits("高永昌")
    assert (kept.visit_id, kept.sha256) == (visit.id, hashlib.sha256(photo).hexdigest())
    with Image.open(io.BytesIO(kept.data)) as image:
        assert not image.getexif()
        assert (image.size, image.format) == ((1600, 800), "JPEG")
    assert b"PhoneMaker" not in kept.data


def test_a_photo_may_come_at_any_question_with_words(town, zhou, photo):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神").photo(photo, text="灶台旁边")
    assert "2/7 精神" in zhou.text
    zhou.talk("[都好", "在场", "[只有本人]", "备注:灶台旁边")
    assert "照片:1 张" in zhou.text


def test_the_same_photo_twice_is_one(town, zhou, photo):
    zhou.talk("/visit 高永昌", "怎么").photo(photo).photo(photo)
    assert "已经在卡片里了" in zhou.text
    assert len(town.rows(Photo)) == 1


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"%PDF-1.7 not a picture", "只能收照片"), (b"", "只能收照片"), (b"x" * 10_500_000, "文件太大"),
     (picture((60, 60))[:300], "只能收照片")],
)  # fmt: skip
def test_what_is_no_picture_is_refused_with_a_sentence(town, zhou, data, answer):
    zhou.talk("/visit 高永昌", "怎么").photo(data)
    assert answer in zhou.text
    assert "怎么走访的" in zhou.text
    assert town.rows(Photo) == []


def test_without_a_card_the_person_is_told_to_choose_first(zhou, photo):
    zhou.photo(photo)
    assert "请先选老同志" in zhou.text


def test_a_voice_message_is_answered(zhou):
    zhou.send(text="")
    assert "我只看得懂文字和照片" in zhou.text


def test_a_photo_moves_with_a_corrected_visit(town, zhou, photo):
    zhou.talk("走访 李秀英 石沟村 00020 漏雨", "核对").photo(photo).talk("[提交]", "已记下",
              "[选错人了/要改]", "哪里", "[选错人了]", "其实走访", "[84岁]", "什么原因", "[点错了]", "改人", "[确认]", "已改到")  # fmt: skip
    (kept,) = town.rows(Photo)
    assert kept.visit_id == town.visits("李秀英 柳泉村")[0].id
