"""Pictures of hazards, as conversations."""

import hashlib
import io

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from models.attachment import Photo
from models.mailbox import Outgoing


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


def test_a_card_says_that_it_has_the_photo_and_one_step_back_leaves_it(town, zhou, photo):
    zhou.talk("/visit 高永昌", "还没有走访过").photo(photo, text="灶台旁边")
    assert "📷 1 张 · 📝 有备注" in zhou.text
    assert "还没有走访过" in zhou.text
    assert "‹ 上一步" not in str(zhou.screen.rows)
    zhou.talk("[上门]", "🚪 上门 · 📷 1 张", "[有说有笑]", "健康").photo(picture((80, 60)))
    assert "3/7 健康\n🚪 上门 · 😀 有说有笑 · 📷 2 张" in zhou.text
    zhou.talk("[‹ 上一步]", "2/7 精神\n🚪 上门 · 📷 2 张")


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


def test_pictures_come_later_to_a_case_and_everybody_finds_them(town, zhou, liu, photo):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[提交]", "已记下")
    liu.look()
    liu.talk("[备注…]", "请写备注,也可以直接发照片")
    liu.photo(photo, text="梁上有裂缝")
    assert "✅ 已加到个案:梁上有裂缝 📷 照片 1 张" in liu.text
    liu.photo(picture((80, 80)))
    assert "梁上有裂缝 📷 照片 2 张" in liu.text
    liu.talk("后天换梁", "后天换梁")
    first, second = town.rows(Photo)
    assert first.case_id == second.case_id is not None
    assert b"PhoneMaker" not in first.data
    liu.talk("[照片2张]", "")
    assert [one.image[:2] for one in liu.news] == [b"\xff\xd8"] * 2
    zhou.talk("/case 1", "梁上有裂缝 📷 照片 2 张", "[照片2张]", "个案1")


def test_pictures_on_a_case_are_no_new_message_to_the_others(town, zhou, liu, photo):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[提交]", "已记下", "/case 1", "待受理")
    liu.look()
    before = len(town.rows(Outgoing, kind="case"))
    liu.say("[备注…]").photo(photo).photo(picture((80, 80)))
    fresh = sorted(town.rows(Outgoing, kind="case"), key=lambda row: row.seq)
    assert [row.in_place for row in fresh] == [False] * before + [True] * (len(fresh) - before)
    assert "照片 2 张" in zhou.look()[-1].text


def test_who_may_not_note_a_case_adds_no_picture(town, zhou, li, liu, photo):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[提交]", "已记下")
    li.talk("/case 1 note", "没有个案")
    li.photo(photo)
    assert "请先选老同志" in li.text
    liu.say("/case 1 note")
    zhou.talk("/case 1", "待受理", "[撤回…]", "为什么", "[误报]", "已撤回")
    liu.photo(photo)
    assert "现在是" in liu.text
    assert [one.case_id for one in town.rows(Photo)] == [None]
