"""The folder in which a miner's policy lives."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Final

from kinitro.miner.errors import ProjectError

TEMPLATE_DIRECTORY: Final = Path(__file__).parent / "template"
"""The source of every project; complete and runnable as it is."""
_NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyc", ".pytest_cache")


def create_project(directory: Path) -> None:
    """Write a complete policy project to `directory`, which must be empty or not exist; raises ProjectError.

    It appears as a whole or not at all.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ProjectError(f"{directory} exists and is not empty; name a new folder.")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{directory.name}-", dir=directory.parent) as scratch:
            draft = Path(scratch) / "project"
            shutil.copytree(TEMPLATE_DIRECTORY, draft, ignore=_NOT_COPIED)
            draft.replace(directory)
    except OSError as error:
        raise ProjectError(f"{directory} cannot be written: {error.strerror}.") from None
