"""Which files an upload may have, by their names: what every file system can hold and every listing can name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Final

MAX_FILES: Final = 2000
MAX_DIRECTORIES: Final = 1000
MAX_PATH_CHARACTERS: Final = 512
MAX_DEPTH: Final = 16
ENTRY_POINT: Final = "server.py"


def find_problem_with_names(names: Sequence[str]) -> str | None:
    """Return why files with these names are not accepted, as the end of a sentence; None if they are."""
    if len(names) > MAX_FILES:
        return f"has {len(names)} files; at most {MAX_FILES} are accepted"
    if ENTRY_POINT not in names:
        return f"has no {ENTRY_POINT}"
    taken: set[str] = set()
    for name in names:
        if not _is_plain(name):
            return f"has a file named {name[:100]!r}, which is not a plain relative path"
        taken.add(name)
    if len(taken) < len(names):
        return "lists a file twice"
    directories = list_directories(names)
    if len(directories) > MAX_DIRECTORIES:
        return f"has {len(directories)} directories; at most {MAX_DIRECTORIES} are accepted"
    if clash := sorted(taken & directories):
        return f"has {clash[0][:100]!r} both as a file and as a directory"
    return None


def list_directories(names: Iterable[str]) -> set[str]:
    """Return the directories that contain files with these names, including the topmost."""
    return {str(parent) for name in names for parent in PurePosixPath(name).parents}


def _is_plain(name: str) -> bool:
    parts = name.split("/")
    return (
        len(name) <= MAX_PATH_CHARACTERS
        and len(parts) <= MAX_DEPTH
        and name.isprintable()
        and "\\" not in name
        and all(part not in ("", ".", "..") and len(part.encode()) <= 255 and part[0] != "-" for part in parts)
    )
