"""Builds the evaluation image from our own Dockerfile: pinned, hashed, and without any download during the build."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from kinitro.errors import ConfigurationError, UnavailableError

ROOTS = (
    *("numpy", "msgspec", "pydantic", "pydantic-settings", "structlog", "fastapi", "uvicorn", "httptools"),
    *("bittensor-core", "metaworld", "mujoco", "gymnasium[mujoco]", "numba", "wrapt", "packaging"),
)
"""The distributions that evaluation imports. The image contains these and their dependencies, and nothing else."""
DOCKERFILE = Path("deploy/eval-env/Dockerfile")
LOCK = Path("requirements/runtime.txt")


def find_source_directory() -> Path:
    """Return the checkout that this package is part of. Raises ConfigurationError if it was installed without one."""
    root = Path(__file__).resolve().parents[3]
    for needed in (DOCKERFILE, LOCK):
        if not (root / needed).is_file():
            raise ConfigurationError(
                f"{root / needed} is missing: run this in a git checkout of Kinitro (pip install -e .), "
                "the evaluation image is built from its sources."
            )
    return root


def find_needed_distributions(roots: Iterable[str] = ROOTS) -> set[str]:
    """Return the normalized names of the installed distributions that `roots` need, including themselves."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: set[tuple[str, str]] = set()
    todo = [Requirement(root) for root in roots]
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        for extra in {"", *requirement.extras}:
            if (name, extra) in found:
                continue
            found.add((name, extra))
            try:
                dependencies = metadata.requires(name) or []
            except metadata.PackageNotFoundError:
                raise ConfigurationError(f"{name} is not installed here: pip install -r {LOCK} first.") from None
            for dependency in map(Requirement, dependencies):
                if dependency.marker is None or dependency.marker.evaluate({"extra": extra}):
                    todo.append(dependency)
    return {name for name, _ in found}


def select_pins(lock: str, names: set[str]) -> str:
    """Return the entries of the distributions `names`, with hashes, in a pip lock file. Raises ConfigurationError."""
    from packaging.utils import canonicalize_name

    entries: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            current = entries.setdefault(canonicalize_name(line.partition("==")[0]), [])
        if line.strip() and not line.lstrip().startswith("#"):
            current.append(line)
    if missing := sorted(names - set(entries)):
        raise ConfigurationError(f"{LOCK} does not pin {', '.join(missing)}: renew it.")
    return "\n".join(line for name in sorted(names) for line in entries[name]) + "\n"


def stage(directory: Path, wheelhouse: Path | None) -> None:
    """Write the build context: Dockerfile, sources, pins and wheels, from `wheelhouse` or else downloaded now."""
    source = find_source_directory()
    shutil.copy(source / DOCKERFILE, directory / "Dockerfile")
    shutil.copytree(source / "kinitro", directory / "kinitro", ignore=shutil.ignore_patterns("__pycache__"))
    requirements = directory / "requirements.txt"
    requirements.write_text(select_pins((source / LOCK).read_text(), find_needed_distributions()))
    wheels = directory / "wheelhouse"
    if wheelhouse is not None:
        shutil.copytree(wheelhouse, wheels)
        return
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    done = subprocess.run([*command, "-r", requirements, "-d", wheels], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()[-1:]
        raise UnavailableError(f"The wheels cannot be downloaded ({' '.join(words)}): give --wheelhouse DIR.")


def build(tag: str, *, base_image: str, wheelhouse: Path | None) -> None:
    """Build the image with the local Docker engine, which writes to our output. Raises KinitroError."""
    if shutil.which("docker") is None:
        raise UnavailableError(
            "The command `docker` was not found: install Docker, or use `kinitro executor --eval-mode local`."
        )
    with tempfile.TemporaryDirectory(prefix="kinitro-eval-env-") as name:
        directory = Path(name)
        stage(directory, wheelhouse)
        command = ["docker", "build", "--network=none", "--tag", tag, "--build-arg", f"BASE_IMAGE={base_image}"]
        if subprocess.run([*command, str(directory)], check=False).returncode != 0:
            raise UnavailableError(
                f"{tag} was not built, see above: is the Docker engine running, and {base_image} there or reachable?"
            )


def choose_base_image() -> str:
    """Return the name of a slim image with this interpreter's Python version, for which the wheels are made."""
    return f"python:{sys.version_info.major}.{sys.version_info.minor}-slim-bookworm"
