"""A directory of packs, each in a file that is named after its digest. Worker processes read them from there."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.format import MAX_PACK_BYTES, Pack, check_pack, is_digest
from kinitro.files import replace_file

SUFFIX = ".kpack"
VERSION_MARK = "+"
"""Between the version of an environment and the digest of the pack that its episodes are drawn from."""


def bind_version(version: str, digest: str) -> str:
    """Return the version of an environment whose episodes are drawn from the pack with this digest.

    A seed means another episode with another pack. With the digest in it, the version that is in every task, trace and
    manifest says which one is meant, and whatever compares versions refuses the wrong pack.
    """
    return f"{version}{VERSION_MARK}{digest}"


def read_bound_digest(version: str) -> str | None:
    """Return the digest of the pack that a version of an environment is bound to; None if it is to none."""
    _, mark, digest = version.partition(VERSION_MARK)
    return digest if mark and is_digest(digest) else None


def locate_pack(directory: Path, digest: str) -> Path:
    """Return where the pack with this digest is, if it is there. Raises InvalidPack if it is no digest."""
    if not is_digest(digest):
        raise InvalidPack(f"{digest[:80]!r} is no digest of a pack: it has 64 hexadecimal digits.")
    return directory / f"{digest}{SUFFIX}"


def keep_pack(directory: Path, data: bytes, digest: str) -> Path:
    """Check a file's bytes and keep them, readable by this user only. Raises InvalidPack, OSError."""
    path = locate_pack(directory, digest)
    check_pack(data, digest)
    directory.mkdir(parents=True, exist_ok=True)
    replace_file(path, data, mode=0o600)
    return path


def read_pack_file(path: Path) -> bytes:
    """Read the bytes of a file that should be a pack, no more than a pack may have. Raises InvalidPack."""
    try:
        if not path.is_file():
            raise InvalidPack(f"There is no pack {str(path)!r}: name a file that `kinitro pack make` wrote.")
        with path.open("rb") as file:
            data = file.read(MAX_PACK_BYTES + 1)
    except OSError as error:
        raise InvalidPack(f"The pack {str(path)!r} cannot be read: {error.strerror}.") from None
    return data


@lru_cache(maxsize=4)
def load_pack(directory: Path, digest: str) -> Pack:
    """Return the pack with this digest, checked. Raises InvalidPack if it is not there, or not what it should be."""
    path = locate_pack(directory, digest)
    try:
        return check_pack(read_pack_file(path), digest)
    except InvalidPack as error:
        raise InvalidPack(f"The pack {digest} cannot be used: {error}") from None
