"""Files that a command was asked to write: tried before the work begins, under their final name only when complete."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from kinitro.errors import ConfigurationError
from kinitro.files import replace_file


def check_directory(directory: Path, option: str) -> None:
    """Make the directory and try to write in it; raises ConfigurationError, which names the option and the reason."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise ConfigurationError(f"{option} cannot be {str(directory)!r}: {error.strerror}.") from None


def check_file(path: Path, option: str) -> None:
    """Make the file's directory and try to write there; raises ConfigurationError."""
    if path.is_dir():
        raise ConfigurationError(f"{option} cannot be {str(path)!r}: it is a directory; name a file.")
    if not _is_special(path):
        check_directory(path.parent, option)


def write_whole(path: Path, content: bytes, option: str) -> None:
    """Write a file that appears as a whole or not at all; raises ConfigurationError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)
    except OSError as error:
        raise ConfigurationError(f"{option} cannot be {str(path)!r}: {error.strerror}.") from None


def write_json(path: Path, content: Any, option: str) -> None:
    """Write indented JSON as a whole; `-` is standard output. Raises ConfigurationError."""
    import msgspec

    write_output(path, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n", option)


def write_output(path: Path, content: bytes, option: str) -> None:
    """Write a file as a whole; `-` is standard output. Raises ConfigurationError."""
    if str(path) == "-":
        sys.stdout.buffer.write(content)
    else:
        write_whole(path, content, option)


def _is_special(path: Path) -> bool:
    """Whether the path exists and is not an ordinary file: /dev/stdout and pipes cannot be replaced."""
    return path.exists() and not path.is_file()
