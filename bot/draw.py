"""Draws the pictures and writes the workbooks that are sent, in a thread of their own: nobody's
step waits for one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from os.path import splitext

import structlog

from bot.transports import Parcel
from handlers.documents import chart, sheets
from locales import gettext as _

PENCIL = ThreadPoolExecutor(1, thread_name_prefix="pictures")  # the library wants one at a time
log = structlog.get_logger()


MADE = {chart.SUFFIX: (chart.png, ".png"), sheets.SUFFIX: (sheets.xlsx, ".xlsx")}


async def drawn(parcel: Parcel) -> Parcel:
    """The parcel as it can be sent. What cannot be drawn or written goes as its words, which
    hold the numbers that matter."""
    stem, suffix = splitext(parcel.file_name)
    if suffix not in MADE:
        return parcel
    make, ending = MADE[suffix]
    loop = asyncio.get_running_loop()
    try:
        data = await loop.run_in_executor(PENCIL, make, parcel.file_data or b"")
    except Exception as problem:  # a message without its picture is better than none
        log.warning("picture_not_drawn", kind=type(problem).__name__)
        words = _("The picture could not be drawn; please ask the office's IT to run “doctor”.")
        if suffix == sheets.SUFFIX:
            words = _("The table could not be written; please ask the office's IT to look.")
        return replace(parcel, text=f"{parcel.text}\n{words}", file_name="", file_data=None)
    return replace(parcel, file_name=stem + ending, file_data=data)
