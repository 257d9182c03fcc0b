"""Policies that are part of this package: the templates of `kinitro init-miner`, ready to be served.

Each is the directory `template` of `kinitro.miner`, with the files of a variant over it. Their identity is a digest of
the files that decide how they act, so that two installations know whether they hold the same policy.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import Final

import kinitro
from kinitro.errors import ConfigurationError

REFERENCES: Final = ("baseline",)
"""The shipped policies that can be the reference of a cycle (`kinitro scheduler --reference`): they need nothing but
what this package needs."""
_PARTS: Final = Path(kinitro.__file__).parent / "miner"
_NOT_SERVED: Final = frozenset({"tests", "__pycache__"})


def assemble_policy(variant: str, directory: Path) -> Path:
    """Write a shipped policy below `directory`, readable by everybody; returns its own directory.

    Files that only training needs are written too. Raises ConfigurationError if there is no such policy.
    """
    place = directory / variant
    for name, source in _list_files(variant).items():
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o644)
    for made in (place, *(path for path in place.rglob("*") if path.is_dir())):
        made.chmod(0o755)
    return place


def digest_policy(variant: str) -> str:
    """Compute the SHA-256, in hexadecimal, of the names and contents of a shipped policy's files, without documents.

    Raises ConfigurationError if there is no such policy.
    """
    digest = hashlib.sha256()
    for name, source in sorted(_list_files(variant).items()):
        if not name.endswith(".md"):
            content = source.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _list_files(variant: str) -> dict[str, Path]:
    """The files of a shipped policy by their names in its directory."""
    files: dict[str, Path] = {}
    for part in (_PARTS / "template", _PARTS / "variants" / variant):
        if not variant.isidentifier() or not part.is_dir():
            raise ConfigurationError(f"This installation has no policy {variant!r}.")
        for path in sorted(part.rglob("*")):
            relative = path.relative_to(part)
            if path.is_file() and path.suffix != ".pyc" and not _NOT_SERVED.intersection(relative.parts):
                files[relative.as_posix()] = path
    return files
