"""Draws the pictures that are sent, in a thread of their own: nobody's step waits for one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os.path import splitext

import structlog

from bot.transports import Parcel
from handlers.documents import chart
from locales import gettext as _

PENCIL = ThreadPoolExecutor(1, thread_name_prefix="pictures")  # the library wants one at a time
log = structlog.get_logger()


async def drawn(parcel: Parcel) -> Parcel:
    """The parcel as it can be sent. What cannot be drawn goes as its words, which hold the
    numbers that matter."""
    stem, suffix = splitext(parcel.file_name)
    if suffix != chart.SUFFIX:
        return parcel
    loop = asyncio.get_running_loop()
    try:
        data = await loop.run_in_executor(PENCIL, chart.png, parcel.file_data or b"")
    except Exception as problem:  # a message without its picture is better than none
        log.warning("picture_not_drawn", kind=type(problem).__name__)
        words = _("The picture could not be drawn; please ask the office's IT to run “doctor”.")
        return replace(parcel, text=f"{parcel.text}\n{words}", file_name="", file_data=None)
    return replace(parcel, file_name=f"{stem}.png", file_data=data)
