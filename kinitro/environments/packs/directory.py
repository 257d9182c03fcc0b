"""A directory of packs, each in a file that is named after its digest. Worker processes read them from there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from kinitro.environments.errors import InvalidPack
from kinitro.environments.packs.format import MAX_PACK_BYTES, Pack, check_pack, decode_pack, digest_pack, is_digest
from kinitro.files import replace_file

SUFFIX = ".kpack"


@dataclass(frozen=True, slots=True)
class SealedPack:
    """A pack and its digest; two are equal if their digests are."""

    digest: str
    content: Pack = field(compare=False, repr=False)


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


def open_pack(path: Path) -> SealedPack:
    """Read the file of a pack, whatever its digest is. Raises InvalidPack."""
    data = read_pack_file(path)
    return SealedPack(digest_pack(data), decode_pack(data))


def load_pack(directory: Path, digest: str) -> SealedPack:
    """Return the pack with this digest, checked. Raises InvalidPack if it is not there, or not what it should be."""
    try:
        return SealedPack(digest, check_pack(read_pack_file(locate_pack(directory, digest)), digest))
    except InvalidPack as error:
        raise InvalidPack(f"The pack {digest[:64]} cannot be used: {error}") from None


def drop_old_packs(directory: Path, keep: int) -> None:
    """Remove all but the `keep` packs that were kept last. Files that others remove meanwhile are no error."""
    found = []
    for path in directory.glob(f"*{SUFFIX}"):
        with suppress(OSError):
            found.append((path.stat().st_mtime_ns, path))
    for _, path in sorted(found)[:-keep]:
        path.unlink(missing_ok=True)
