"""The bot's device on Matrix as files in the data directory: its keys and its login.

Without the keys nothing that was written to the device can be read, so a backup carries them;
the token stays out of it, a restored bot logs in again as the same device.
"""

import json
import os
import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

FOLDER, KEYS, LOGIN, OWNER = "matrix", "keys.db", "login.json", "owner.json"
DEVICE = "matrix.device"  # the cursor that remembers which device it was
PUT_BACK = "matrix.put_back"  # and the one that says when the homeserver went back to a copy


def grouped(key: str) -> str:
    """A key as clients show it, in groups of four."""
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


def read_login(folder: Path) -> dict[str, str] | None:
    """`user_id`, `device_id`, `fingerprint` and perhaps `access_token`; None without a device,
    or without the keys that belong to it."""
    if not (folder / KEYS).exists():
        return None
    try:
        kept: dict[str, str] = json.loads((folder / LOGIN).read_text("utf-8"))
        return kept if kept["user_id"] and kept["device_id"] else None
    except (OSError, ValueError, KeyError):
        return None


def write_login(folder: Path, login: Mapping[str, str]) -> None:
    write_private(folder / LOGIN, json.dumps(dict(login)))


def write_private(file: Path, text: str) -> None:
    """Readable by its owner only, and complete or not there."""
    beside = file.with_name(f"{file.name}.new")
    handle = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(file)


def pack(folder: Path, archive: zipfile.ZipFile, scratch: Path) -> None:
    """Puts the device into a backup, while the bot may be using it."""
    login = read_login(folder)
    if login is None:
        return
    with closing(sqlite3.connect(folder / KEYS, timeout=30)) as keys:
        keys.execute("VACUUM INTO ?", [str(scratch)])
    archive.write(scratch, f"{FOLDER}/{KEYS}")
    login.pop("access_token", None)
    archive.writestr(f"{FOLDER}/{LOGIN}", json.dumps(login))
    if (folder / OWNER).exists():
        archive.write(folder / OWNER, f"{FOLDER}/{OWNER}")


def unpack(archive: zipfile.ZipFile, folder: Path) -> None:
    """Takes the device out of a backup, where there is one and none here yet."""
    names = {f"{FOLDER}/{name}" for name in (KEYS, LOGIN, OWNER)} & set(archive.namelist())
    if (folder / KEYS).exists() or not names:
        return
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in names:
        place = folder / Path(name).name
        with os.fdopen(os.open(place, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as out:
            out.write(archive.read(name))
            out.flush()
            os.fsync(out.fileno())
