"""Which files of a policy's folder are published. The same list is shown, uploaded, digested and checked afterwards."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

from kinitro.miner import credentials
from kinitro.miner.errors import ProjectError
from kinitro.sandbox.upload_names import find_problem_with_names

NEEDED_FILES: Final = ("server.py", "policy.py", "requirements.txt")
"""Files that a folder needs to be served."""
OF_NO_USE: Final = ("__pycache__", "*.pyc", "venv", "env", "node_modules", "MUJOCO_LOG.TXT")
"""Files and folders that are left out at any depth, besides everything whose name begins with a dot."""
_SHOWN: Final = 10
"""How many names one sentence holds."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The files of a folder that are published: all are regular, and none has the name of a credential."""

    folder: Path
    sizes: Mapping[str, int]
    """Bytes by relative path, in order."""
    left_out: tuple[str, ...] = ()
    """Files and whole folders (with a slash at the end) that are not published."""

    @property
    def total(self) -> int:
        """The size of all files together, in bytes."""
        return sum(self.sizes.values())

    def lines(self) -> Iterator[str]:
        """Yield the lines of the listing, for people."""
        for path, size in self.sizes.items():
            yield f"{size:>14,}  {path}"
        yield f"{self.total:>14,}  bytes in {len(self.sizes)} files"
        if self.left_out:
            yield f"Left out: {_join_names(self.left_out)}"

    def check_secrets(self, own: Mapping[str, str]) -> None:
        """Raises ProjectError if a file contains a credential; `own` has further values to look for, by their names."""
        found = {}
        for path in self.sizes:
            with _name_errors(path):
                if what := credentials.find_by_content(self.folder / path, dict(own)):
                    found[path] = what
        _refuse(self.folder, {path: f"contains {what}" for path, what in found.items()})

    def digests(self) -> dict[str, Digests]:
        """Read every file now and return its digests. Raises ProjectError."""
        return {path: self._digests(path) for path in self.sizes}

    def _digests(self, path: str) -> Digests:
        with _name_errors(path), (self.folder / path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            content, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
            while part := stream.read(1024**2):
                content.update(part)
                blob.update(part)
        return Digests(size, content.hexdigest(), blob.hexdigest())


@dataclass(frozen=True, slots=True)
class Digests:
    """A file's content: bytes, SHA-256 (as large-file stores name it) and the SHA-1 of git's blob."""

    size: int
    sha256: str
    blob: str


def list_contents(folder: Path) -> Contents:
    """List what `upload` publishes of a folder that can be served.

    Everything hidden is left out, at any depth: `.git`, `.env`, `.ssh`, `.netrc` and whatever else programs keep
    there. Raises ProjectError for symbolic links, for files that are not regular, for names of credentials, for
    what the verifier does not download, and unless the folder can be served.
    """
    check_folder(folder)
    sizes: dict[str, int] = {}
    left_out: list[str] = []
    refused: dict[str, str] = {}

    def visit(directory: Path, prefix: str) -> None:
        with _name_errors(prefix or str(folder)):
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        for entry in entries:
            path = prefix + entry.name
            mode = entry.stat(follow_symlinks=False).st_mode
            if entry.name.startswith(".") or any(fnmatchcase(entry.name, pattern) for pattern in OF_NO_USE):
                left_out.append(path + "/" * stat.S_ISDIR(mode))
            elif stat.S_ISLNK(mode):
                refused[path] = "is a symbolic link: put what it points to in its place"
            elif stat.S_ISDIR(mode):
                visit(Path(entry.path), path + "/")
            elif not stat.S_ISREG(mode):
                refused[path] = "is neither a file nor a folder"
            elif not (path.isprintable() and "\\" not in path):
                refused[path] = "has a name with characters that others cannot store"
            elif what := credentials.find_by_name(path):
                refused[path] = f"has the name of {what}"
            else:
                sizes[path] = entry.stat(follow_symlinks=False).st_size

    visit(folder, "")
    _refuse(folder, refused)
    if problem := find_problem_with_names(list(sizes)):
        raise ProjectError(f"{folder} {problem}, so that verification would not take it; nothing was sent.")
    return Contents(folder, sizes, tuple(left_out))


def check_folder(folder: Path) -> None:
    """Raise ProjectError unless the folder has every file that serving needs."""
    missing = [name for name in NEEDED_FILES if not (folder / name).is_file()]
    if missing:
        raise ProjectError(f"{folder} has no {', '.join(missing)}; `kinitro init-miner` writes a complete folder.")


def _refuse(folder: Path, refused: Mapping[str, str]) -> None:
    if refused:
        raise ProjectError(
            f"Nothing of {folder} was sent, because everybody could read it: "
            f"{_join_names([f'{path!r} {why}' for path, why in refused.items()], '; ')}. Move it out of the folder."
        )


def _join_names(names: list[str] | tuple[str, ...], between: str = ", ") -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return between.join(names[:_SHOWN]) + more


@contextlib.contextmanager
def _name_errors(path: str) -> Iterator[None]:
    """Turn an OSError into a ProjectError that names the file."""
    try:
        yield
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror or error}.") from None
