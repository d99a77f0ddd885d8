"""What people, phones and strangers may send to a bot, the useful and the wild: for Hypothesis."""

import io
import struct
import zlib
from functools import cache

from hypothesis import strategies as st
from PIL import Image

from handlers import COMMANDS
from handlers.talk import Attachment
from handlers.visit_codes import OBSERVED
from handlers.visit_form import HOW, OUTCOME, PRESENT
from locales import gettext as _

LONGEST = 4096  # characters; what Telegram takes
NAMES = ("高永昌", "高永祥", "高*祥", "李秀英", "王德胜", "廖玉珍", "欧阳建国", "gyc", "lixiuying", "ouyangjianguo",
         "柳泉村", "石沟村", "沙河村", "E0001", "e0002", "E0006", "E9999", "周明", "李娜", "S01", "王主任")  # fmt: skip
COMMAND_WORDS = [word for command in COMMANDS for word in (command.name, *command.words)]
LABELS = [_(c.label) for c in (*HOW, *OUTCOME, *PRESENT)]
LABELS += [_(code.label) for seen in OBSERVED for code in seen.codes]
TAILS = ("00000", "0 1 0 2 0 屋顶漏雨", "电话 00090", "2 4 3 2 2 都不好", "9999", "上门", "hnf99",
         "p0", "p7", "p" + "9" * 30, "yes", "no", "deceased", "moved", "deceased yes", "move", "void",
         "answers", "en", "zh_CN", "%", "_", "*", "\\", "'; DROP TABLE visit; --")  # fmt: skip
WORDS = ("取消", "放弃", "上一步", "返回", "今天", "昨天", "3天前", "9" * 40 + "天前", "11-12", "2026-11-31",
         "0001-01-01", "9999-12-31", "屋顶漏雨,今天先盖了油布", "roof leaks", "0", "1", "2", "3", "9",
         "10", "12", "⑦", "零", "H", "n", "f", "😀", "👨‍👩‍👧", "🏳️‍🌈", "。", "...", "/", "!", "/", "?",
         "مرحبا بكم في البيت", "‮高永昌", "שלום", "ﷺ", "e\u0301" * 20, "\u200b", "\u3164", "\ufeff/visit")  # fmt: skip
MONSTERS = ("ﷺ", "高", "😀", "a ", "高 ", "0 ", "ـ", "\u0301", "%", "_", "\\", "9", "/", "ß", "/visit ",
            "\n", "\u202e", "\x00", "\ud83d")  # fmt: skip

anything = st.text(st.characters(categories=["L", "N", "P", "S", "Z", "Cc", "Cf", "Cs", "Co", "Mn"]),
                   max_size=40)  # fmt: skip
monster = st.builds(lambda piece, n: (piece * LONGEST)[:n], st.sampled_from(MONSTERS),
                    st.sampled_from([50, 64, 1000, 1001, LONGEST]))  # fmt: skip
command = st.builds(lambda slash, word, gap, *rest: slash + word + gap + " ".join(r for r in rest if r),
                    st.sampled_from(["/", "!", "/", ""]), st.sampled_from(COMMAND_WORDS),
                    st.sampled_from([" ", " ", " ", "@liaison_test_bot ", "\n", "\u3000", ""]),
                    st.sampled_from(["", *NAMES]), st.sampled_from(["", *TAILS]))  # fmt: skip
line = st.builds(lambda who, tail: f"{who} {tail}", st.sampled_from(NAMES), st.sampled_from(TAILS))
text = st.one_of(
    command, st.sampled_from(LABELS), st.sampled_from(WORDS), st.sampled_from(NAMES), line,
    monster, anything, st.just(""),
)  # fmt: skip
forged = st.one_of(
    st.builds(lambda tag, rev, code: f"f.{tag}.{rev}.{code}",
              st.sampled_from(["", "deadbeef", "高", "\x00", "x" * 60]),
              st.sampled_from(["", "0", "1", "-1", "9" * 30, "一", "٣", "1e3", " 2"]),
              st.sampled_from(["", "a:", "a:good", "q:note", "k:well", "s", "xx", "e", "x", "<", "\ud800"])),
    st.sampled_from(["f.", "f", "f..", "f....", "f.a.b", "tel:120", "https://example.org", "😀", "\x00",
                     "/go ", "/go deadbeef", "/fix deadbeef void", "/join AAAAAAAAAA yes", "/ended E0006 deceased yes"]),
    st.binary(max_size=64).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
    st.binary(max_size=64).map(lambda raw: "f." + raw.decode("latin-1")),
)  # fmt: skip
CODES = ("a:good", "a:concern", "a:emergency", "a:none", "a:in_person", "a:deceased", "a:up",
                          "a:2026-11-10", "a:", "k:well", "k:", "q:how", "q:spirit", "q:spirit_level",
                          "q:late_reason", "q:fix_reason", "q:outcome", "q:photo", "q:visited_on", "q:_well",
                          "q:", "<", "x", "xx", "p", "e", "s", "v", ":", "z")  # fmt: skip


@cache
def picture(kind: str = "JPEG", size: tuple[int, int] = (24, 16)) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # lying on its side
    out = io.BytesIO()
    Image.new("P" if kind == "GIF" else "RGB", size, 7).save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be this large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


PICTURES = tuple(picture(kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "TIFF"))
BOMBS = tuple(
    png_of(*size) for size in ((12_000, 12_000), (60_000, 60_000), (0, 5), (2**31 - 1, 1))
)


def broken(data: bytes, places: list[tuple[int, int]], cut: int) -> bytes:
    """The same with some bytes changed and the end cut off."""
    changed = bytearray(data)
    for place, value in places:
        changed[place % len(changed)] = value
    return bytes(changed[: len(changed) - cut % len(changed)])


damage = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6)
broken_picture = st.builds(broken, st.sampled_from(PICTURES), damage,
                           st.one_of(st.just(0), st.integers(0, 10_000)))  # fmt: skip
file_data = st.one_of(
    st.sampled_from(PICTURES), st.sampled_from(BOMBS), broken_picture, st.binary(max_size=40)
)
attachment = st.builds(
    Attachment, st.sampled_from(["photo.jpg", "图.png", "../../etc/passwd", ""]),
    st.sampled_from(["image/jpeg", "application/pdf", ""]), file_data,
    st.sampled_from(["", "", "", "", "too_large", "unavailable"]),
)  # fmt: skip
stuff = st.one_of(
    st.builds(lambda text: {"text": text}, text),
    st.builds(lambda text: {"text": text}, text),
    st.builds(lambda code: {"choice": code}, forged),
    st.builds(lambda files, text: {"attachments": tuple(files), "text": text},
              st.lists(attachment, min_size=1, max_size=2), text),
)  # fmt: skip
