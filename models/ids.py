"""Names of rows that sort as the rows were made, also when they carry one instant: what a whole
batch of messages leaves behind is listed in its order."""

import os
from time import time_ns
from uuid import UUID

_last = 0  # 4096ths of a millisecond


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): the moment, then chance. Nothing is decided by the clock
    here; one that was put back does not matter."""
    now, chance = _moment(), int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=now >> 12 << 80 | 7 << 76 | (now & 0xFFF) << 64 | 2 << 62 | chance)


def new_tag() -> str:
    """Twelve characters that name a row on a button (Telegram allows 64 bytes in all). It is no
    secret. The moment, so that no two are alike among millions and an index grows at its end."""
    return f"{_moment() & 0xFFFF_FFFF_FFFF:012x}"


def _moment() -> int:
    """Never the same twice."""
    global _last
    _last = max(time_ns() * 4096 // 1_000_000, _last + 1)
    return _last
