"""Finds out which files a Python environment needs in order to run, and which packages are installed in it."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from kinitro.errors import ConfigurationError
from kinitro.sandbox.interface import Runtime

INSPECTION_S = 60.0
SHARED_PREFIXES = (Path("/"), Path("/usr"), Path("/usr/local"))
"""Prefixes of interpreters that share their directory with other programs, which a policy must not see."""
_SCRIPT = """
import hashlib, importlib.metadata, json, platform, sys, sysconfig
names = sorted({f"{d.name.lower()}=={d.version}" for d in importlib.metadata.distributions()})
version = platform.python_version()
digest = hashlib.sha256("\\n".join([version, platform.machine(), *names]).encode()).hexdigest()
print(json.dumps({
    "name": f"python-{version}-{digest[:16]}",
    "packages": [name.partition("==")[0].replace("_", "-") for name in names],
    "executable": sys.executable, "prefix": sys.prefix, "base_prefix": sys.base_prefix,
    "stdlib": [sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")],
    "library": [sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("LDLIBRARY") or ""],
}))
"""


class _Facts(msgspec.Struct):
    name: str
    packages: list[str]
    executable: str
    prefix: str
    base_prefix: str
    stdlib: list[str]
    library: tuple[str, str]


async def inspect_runtime(python: Path, *, needed: tuple[str, ...] = ()) -> Runtime:
    """Return the runtime of the interpreter `python`; raises ConfigurationError if it lacks one of `needed`.

    The name is a digest of the Python version and the installed packages' names and versions.
    """
    facts = await _ask(python)
    if missing := [name for name in needed if name not in facts.packages]:
        raise ConfigurationError(
            f"The runtime {python} lacks the packages {', '.join(missing)}: "
            "install requirements/policy-runtime.txt into it."
        )
    return Runtime(facts.name, Path(facts.executable), tuple(_list_needed_paths(facts)))


async def _ask(python: Path) -> _Facts:
    try:
        process = await asyncio.create_subprocess_exec(
            python, "-I", "-c", _SCRIPT, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
    except OSError as error:
        raise ConfigurationError(f"The runtime {python} is not a Python interpreter: {error.strerror}.") from None
    try:
        output, _ = await asyncio.wait_for(process.communicate(), INSPECTION_S)
        return msgspec.json.decode(output, type=_Facts)
    except (TimeoutError, msgspec.DecodeError):
        raise ConfigurationError(f"The runtime {python} does not answer as a Python interpreter.") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _list_needed_paths(facts: _Facts) -> Iterator[Path]:
    """Yield the environment and the interpreter it is based on, but no directory that contains other programs."""
    roots = {Path(prefix) for prefix in (facts.prefix, facts.base_prefix)}
    whole = sorted(root for root in roots if root not in SHARED_PREFIXES)
    yield from whole
    single = [*_follow_links(Path(facts.executable))]
    if Path(facts.base_prefix) in SHARED_PREFIXES:
        single += [*map(Path, facts.stdlib), Path(*facts.library)]
    for path in dict.fromkeys(single):
        if path.exists() and path.is_absolute() and not any(path.is_relative_to(root) for root in whole):
            yield path


def _follow_links(path: Path) -> Iterator[Path]:
    """Yield a path and every path that its symbolic links lead through."""
    seen: set[Path] = set()
    while path not in seen:
        seen.add(path)
        yield path
        if path.is_symlink():
            path = Path(os.path.normpath(path.parent / path.readlink()))
