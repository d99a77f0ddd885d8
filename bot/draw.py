"""Has the pictures that are sent drawn in a process of its own: nobody's step waits for the
interpreter meanwhile, and what drawing needs takes no memory once nobody asks for pictures."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from dataclasses import replace
from os.path import splitext

import structlog

from bot.transports import Parcel
from handlers.documents import chart
from locales import gettext as _

LONGEST = 18.0  # seconds for one, with the start; less than sending may take
IDLE = 300.0  # seconds without a picture, then the process ends
log = structlog.get_logger()


class NotDrawn(Exception):
    """There is no font, or the process was killed or hangs."""


class Pencil:
    """Draws one picture at a time. Close it at the end."""

    def __init__(self) -> None:
        self.child: Process | None = None
        self._turn = asyncio.Lock()
        self._rest: asyncio.TimerHandle | None = None

    async def drawn(self, parcel: Parcel) -> Parcel:
        """The parcel as it can be sent. What cannot be drawn goes as its words, which hold the
        numbers that matter."""
        stem, suffix = splitext(parcel.file_name)
        if suffix != chart.SUFFIX:
            return parcel
        async with self._turn:
            try:
                data = await self._png(parcel.file_data or b"")
            except NotDrawn:  # a message without its picture is better than none
                log.warning("picture_not_drawn")
                words = _(
                    "The picture could not be drawn; please ask the office's IT to run “doctor”."
                )
                return replace(parcel, text=f"{parcel.text}\n{words}", file_name="", file_data=None)
        return replace(parcel, file_name=f"{stem}.png", file_data=data)

    async def _png(self, data: bytes) -> bytes:
        """Raises NotDrawn."""
        if self._rest:
            self._rest.cancel()
        try:
            async with asyncio.timeout(LONGEST):
                picture = await asked(await self._ready(), data)
        except (ConnectionError, EOFError, TimeoutError):
            await self.close()
            raise NotDrawn from None
        except BaseException:  # cancelled: the next one asked for must not get this picture
            await self.close()
            raise
        self._rest = asyncio.get_running_loop().call_later(IDLE, self._let_go)
        if not picture:
            raise NotDrawn
        return picture

    async def _ready(self) -> Process:
        if self.child is None or self.child.returncode is not None:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-W", "ignore", chart.__file__, stdin=PIPE, stdout=PIPE,
                process_group=0,  # Ctrl-C is for this program
            )  # fmt: skip
        return self.child

    def _let_go(self) -> None:
        """It ends with its input."""
        child, self.child = self.child, None
        if child and child.stdin:
            child.stdin.close()

    async def close(self) -> None:
        child, self.child = self.child, None
        if self._rest:
            self._rest.cancel()
        if child:
            with suppress(ProcessLookupError):
                child.kill()
            await child.wait()


async def asked(child: Process, data: bytes) -> bytes:
    """Nothing where it could not be drawn. Raises EOFError or ConnectionError when it ends."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(chart.framed(data))
    await child.stdin.drain()
    size = await child.stdout.readexactly(chart.SIZE)
    return await child.stdout.readexactly(int.from_bytes(size))
