"""Files that appear or are replaced as a whole, and are still there after a loss of power."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

NO_DIRECTORY_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES})
"""What file systems answer that cannot write a directory to disk on demand, and directories that may not be read."""


def replace_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file as a whole; see `replacing`."""
    with replacing(path, mode=mode) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write to; it takes the place of `path` when the block ends.

    Whoever reads `path` sees the old content or the new one, also after a loss of power. After an error, in the block
    or of the disk, `path` is as it was, and nothing is left beside it. A symbolic link stays one; a pipe or a terminal
    is written to directly.

    Args:
        path: where the file should be; its directory must exist.
        mode: permissions of the file, less the umask; 0o600 for secrets.

    Raises: OSError.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    path = Path(os.path.realpath(path))  # does not mind a circle of links, which is replaced
    draft = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
        publish_file(draft, path)
    except BaseException:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def publish_file(draft: Path, path: Path) -> None:
    """Let a finished draft in the same directory take the place of `path`, atomically and durably. Raises OSError."""
    _sync(draft)
    draft.replace(path)
    _sync_directory(path.parent)


def create_file(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file that does not exist yet, durably; what could not be written as a whole is removed.

    Raises: FileExistsError, OSError.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    _sync_directory(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_directory(path: Path) -> None:
    try:
        _sync(path)
    except OSError as error:
        if error.errno not in NO_DIRECTORY_SYNC:
            raise
