"""Starts the bot and ends it, over and over: most of its lives are forks of an interpreter that
has loaded everything (`forkserver.py`), so that hundreds of them fit into minutes."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Life:
    """One process of the bot."""

    pid: int
    ended: Callable[[], Awaitable[int]]

    async def end(self, number: int) -> int:
        """Sends the signal and gives the exit status."""
        os.kill(self.pid, number)
        return await self.ended()


class Lives:
    """`report` is where the bot's output goes."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder, self.env, self.report = folder, env, folder / "bot.log"
        self.plain: list[asyncio.subprocess.Process] = []

    async def __aenter__(self) -> "Lives":
        self.forks = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "tests" / "forkserver.py"), cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.forks.stdin
        self.forks.stdin.close()
        await self.forks.wait()
        for process in self.plain:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def fork(self) -> Life:
        pid = await self._ask(env=self.env, log=str(self.report))
        return Life(pid, lambda: self._ask(wait=pid))

    async def start(self) -> Life:
        """As on the command line: it loads everything itself."""
        with self.report.open("a") as report:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self.folder, stdout=report, stderr=report,
                env={**os.environ, **self.env, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        self.plain.append(process)
        return Life(process.pid, process.wait)

    async def _ask(self, **order: object) -> int:
        assert self.forks.stdin
        assert self.forks.stdout
        self.forks.stdin.write(json.dumps(order).encode() + b"\n")
        return int(await self.forks.stdout.readline())
