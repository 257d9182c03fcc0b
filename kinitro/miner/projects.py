"""The folder in which a miner's policy lives."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from kinitro.miner.errors import ProjectError

TEMPLATE_DIRECTORY: Final = Path(__file__).parent / "template"
"""The source of every project; complete and runnable as it is."""
_VARIANTS: Final = Path(__file__).parent / "variants"
TEMPLATES: Final = {
    "random": "uniformly random actions; conforms, solves nothing",
    "numpy": "a small policy in NumPy alone, with a script that trains it on demonstrations",
    "baseline": "two small networks that solve the scored tasks, with the scripts that make them",
    "torch": "a convolutional network in PyTorch that answers with chunks, with a training script",
    "lerobot": "serves a policy saved by LeRobot",
    "openpi": "forwards to an openpi server",
}
"""Descriptions by name; each template but the first is a folder of files that replace or join the first one's."""
_NOT_COPIED = frozenset({"__pycache__", ".pytest_cache"})


def create_project(directory: Path, template: str = "random") -> None:
    """Write a complete policy project to `directory`, which must be empty or not exist; raises ProjectError.

    It appears as a whole or not at all.
    """
    if template not in TEMPLATES:
        raise ProjectError(f"There is no template {template!r}; the templates are {', '.join(TEMPLATES)}.")
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ProjectError(f"{directory} exists and is not empty; name a new folder.")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as scratch:
            draft = Path(scratch) / "project"
            copy_files(TEMPLATE_DIRECTORY, draft)
            if template != "random":
                copy_files(_VARIANTS / template, draft)
            draft.replace(directory)
    except OSError as error:
        raise ProjectError(f"{directory} cannot be written: {error.strerror}.") from None


def copy_files(source: Path, target: Path, leave_out: frozenset[str] = frozenset()) -> None:
    """Copy what the files of a directory hold, without caches and without what is named in `leave_out`.

    Their permissions are not copied: whoever installed us may have made everything read-only, and the copy is to be
    changed.
    """
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.name in _NOT_COPIED | leave_out or path.suffix == ".pyc":
            continue
        if path.is_dir():
            copy_files(path, target / path.name)
        else:
            shutil.copyfile(path, target / path.name)
