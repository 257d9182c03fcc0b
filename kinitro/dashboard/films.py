"""Videos and stills that pages show: made when somebody asks, one at a time, in processes of their own, and kept.

What is made has a name that follows from what it shows, so that it is made once; the longest unused goes first when the
directory is full. If a process fails, takes too long or is one too many, the answer says so: pages work without.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from kinitro.errors import UnavailableError
from kinitro.logs import get_logger
from kinitro.processes import kill_child, start_child

log = get_logger(__name__)

LIMIT_S = 90.0
"""Seconds that one film may take; its CPU time, memory and size are limited in the process itself."""
MOST_WAITING = 24
"""Films that are made or wait for it; who asks for another one is told to come back."""
FAILURES_KEPT = 256
FAILED_FOR_S = 600.0
"""How long a film that could not be made is not tried again."""
SENTENCE_CHARS = 300


Arguments = Callable[[Path, Path], Sequence[str | Path]]
"""From the directory of the inputs and the file to be made to the arguments of `kinitro.evaluation.filming`."""


class FilmUnavailable(UnavailableError):
    """There is no film, and the message says why; perhaps there is one later."""


class Films:
    """Makes and keeps films.

    directory:  where they are kept; None makes a directory that is removed with this object.
    most_bytes: how much is kept; 0 makes none.
    """

    def __init__(self, directory: Path | None, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._directory = directory
        self._turn = asyncio.Semaphore(1)
        self._making: dict[str, asyncio.Task[Path]] = {}
        self._failed: dict[str, tuple[float, str]] = {}

    async def film_trace(self, trace: bytes, suffix: str, pack: bytes | None = None) -> Path:
        """Return the video (`.mp4`) or the last image (`.png`) of the episode of an encoded trace.

        Beside a video lies a JSON file with a `kinitro.evaluation.filming.Film`. Raises FilmUnavailable.
        """
        digest = hashlib.blake2b(trace + (pack or b""), digest_size=16).hexdigest()
        inputs = {"trace": trace} | ({} if pack is None else {"pack": pack})

        def list_arguments(scratch: Path, out: Path) -> list[str | Path]:
            return ["trace", scratch / "trace", out, *([] if pack is None else [scratch / "pack"])]

        return await self._get(f"trace-{digest}{suffix}", list_arguments, inputs)

    async def film_expert(self, env_id: str, version: str, suffix: str) -> Path:
        """Return the video, or the first image, of an episode of the scripted expert. Raises FilmUnavailable."""
        digest = hashlib.blake2b(f"{env_id} {version}".encode(), digest_size=16).hexdigest()
        return await self._get(f"expert-{digest}{suffix}", lambda _, out: ["expert", env_id, out], {})

    async def close(self) -> None:
        """End what is being made."""
        tasks = list(self._making.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._temporary is not None:
            self._temporary.cleanup()

    async def _get(self, name: str, arguments: Arguments, inputs: Mapping[str, bytes]) -> Path:
        if self._most_bytes == 0:
            raise FilmUnavailable("This server makes no videos: its operator has switched them off (--videos 0).")
        if find_spec("mujoco") is None:
            raise FilmUnavailable(
                "This server has no simulator, so that it makes no videos: replay the episode at home."
            )
        path = self._open() / name
        with suppress(FileNotFoundError):
            os.utime(path)  # used now: see `_make_room`
            return path
        if name in self._failed and self._failed[name][0] > time.monotonic():
            raise FilmUnavailable(self._failed[name][1])
        if name not in self._making:
            if len(self._making) >= MOST_WAITING:
                raise FilmUnavailable(f"{MOST_WAITING} other videos are being made: come back in a minute.")
            task = asyncio.create_task(self._make(path, arguments, inputs))
            self._making[name] = task
            task.add_done_callback(lambda _: self._making.pop(name, None))
        return await asyncio.shield(self._making[name])  # whoever asked may be gone, another one may wait

    async def _make(self, path: Path, arguments: Arguments, inputs: Mapping[str, bytes]) -> Path:
        async with self._turn:
            try:
                with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
                    for name, content in inputs.items():
                        await asyncio.to_thread((Path(scratch) / name).write_bytes, content)
                    out = Path(scratch) / path.name
                    await _film(arguments(Path(scratch), out))
                    await asyncio.to_thread(self._keep, out, path)
                return path
            except OSError as error:
                self._fail(path.name, f"The video cannot be kept: {error.strerror or error}.")
                raise FilmUnavailable(self._failed[path.name][1]) from None
            except FilmUnavailable as error:
                self._fail(path.name, str(error))
                raise

    def _open(self) -> Path:
        """Return the directory, which is made at the first film. Raises FilmUnavailable."""
        try:
            if self._directory is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="kinitro-films-")
                self._directory = Path(self._temporary.name)
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FilmUnavailable(f"Videos cannot be kept: {error.strerror or error}.") from None
        return self._directory

    def _keep(self, out: Path, path: Path) -> None:
        """Move what was made to where it is kept, the file with the film's numbers first."""
        self._make_room(path.parent, sum(file.stat().st_size for file in out.parent.glob(f"{out.stem}.*")))
        numbers = out.with_suffix(".json")
        if numbers.exists():
            numbers.replace(path.with_suffix(".json"))
        out.replace(path)

    def _make_room(self, directory: Path, more: int) -> None:
        """Remove what was not used for the longest time until there is room: a video goes with its numbers."""
        films: dict[str, dict[Path, os.stat_result]] = {}
        for file in directory.iterdir():
            if file.is_file():
                films.setdefault(file.stem, {})[file] = file.stat()
        total = sum(stat.st_size for files in films.values() for stat in files.values()) + more
        for files in sorted(films.values(), key=lambda files: max(stat.st_mtime for stat in files.values())):
            if total <= self._most_bytes:
                return
            for file, stat in files.items():
                with suppress(OSError):
                    file.unlink()
                    total -= stat.st_size

    def _fail(self, name: str, why: str) -> None:
        log.warning("film_failed", film=name, reason=why)
        while len(self._failed) >= FAILURES_KEPT:
            self._failed.pop(next(iter(self._failed)))
        self._failed[name] = (time.monotonic() + FAILED_FOR_S, why)


async def _film(arguments: Sequence[str | Path]) -> None:
    """Run the process that makes a film. Raises FilmUnavailable, OSError."""
    process = await start_child(
        [sys.executable, "-m", "kinitro.evaluation.filming", *arguments],
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            _, said = await process.communicate()
    except TimeoutError:
        raise FilmUnavailable(f"The video took longer than {LIMIT_S:.0f} s to make.") from None
    finally:
        kill_child(process)
    if process.returncode != 0:
        lines = said.decode(errors="replace").strip().splitlines()
        # a sentence of ours, or the last line of a crash, which says nothing to a reader
        known = process.returncode == 1 and len(lines) == 1
        why = lines[0][:SENTENCE_CHARS] if known else f"its process ended with code {process.returncode}"
        raise FilmUnavailable(f"The episode cannot be filmed: {why.rstrip('.')}.")
