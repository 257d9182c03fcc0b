"""A cache of uploaded policies: each is one revision of a public Hugging Face repository. The cache's size is limited.

    <directory>/objects/<sha256>                              the content of a file, once, however many upload it
    <directory>/repositories/<owner>--<name>@<revision>/...   hard links to objects, never symbolic links
    <directory>/partial/                                      downloads under way

Sizes and names are checked before the first byte of a file is requested, and contents against the hub's digests. No
token is ever sent. Nothing here interprets the content of a miner's file.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import quote

import httpx2
import msgspec
import stamina

from kinitro import __version__
from kinitro.outgoing_http import open_client
from kinitro.sandbox.errors import RepositoryRefused, RepositoryUnavailable, RepositoryUnverifiable
from kinitro.sandbox.interface import DEFAULT_MAX_REPO_BYTES, DEFAULT_QUOTA_BYTES
from kinitro.sandbox.upload_names import find_problem_with_names, list_directories

INODE_BYTES: Final = 16 * 1024
"""Bytes that a file or directory counts for at least, however small it is: file systems have about one inode for so
many bytes, so that a cache that fills half of a disk uses at most half of its inodes."""
_BLOCK_BYTES: Final = 4096
KEEP_S: Final = 3600.0
"""Repositories requested within this time are never removed: they may be in use."""
DOWNLOAD_S: Final = 1800.0
"""Time limit for downloading one whole repository."""
READ_S: Final = 30.0
"""Time limit for a connection, and for the next part of an answer."""
ATTEMPTS: Final = 3
MAX_LISTING_BYTES: Final = 4 * 1024**2
HUB: Final = "https://huggingface.co"
_MINER_FAULTS: Final = {
    "RepoNotFound": "there is no such public repository",
    "RevisionNotFound": "the repository has no such revision",
    "EntryNotFound": "a file is missing from the revision",
    "GatedRepo": "the repository is gated",
}
"""Codes in the hub's `X-Error-Code` when the repository, not the hub, is the reason, in words."""
_BUSY: Final = (429, 502, 503, 504)
"""Statuses that say nothing about a repository: too many requests, and those of a proxy whose hub is unavailable."""
_NO_LINK: Final = (errno.EMLINK, errno.EXDEV, errno.EPERM, errno.ENOTSUP)
_DISABLED: Final = "Access to this resource is disabled."
"""The hub's `X-Error-Message` for a repository that it has taken down."""
_REPO: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)
_REVISION: Final = re.compile(r"[0-9a-f]{40}")
_CHUNK_BYTES: Final = 1024**2
_HEADERS: Final = {"accept-encoding": "identity", "user-agent": f"kinitro/{__version__}"}

_Size = Annotated[int, msgspec.Meta(ge=0)]


class _LargeFile(msgspec.Struct):
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class _RepositoryFile(msgspec.Struct, rename={"name": "rfilename", "blob_id": "blobId"}):
    name: str
    size: _Size
    blob_id: str | None = None
    """Git's SHA-1 of the content, or of the pointer to it if it is a large file."""
    lfs: _LargeFile | None = None


class _Listing(msgspec.Struct):
    sha: str
    siblings: list[_RepositoryFile]


@dataclass(frozen=True, slots=True)
class _Need:
    """The space on the disk that an upload takes at most."""

    bytes: int
    inodes: int

    @classmethod
    def of(cls, files: Sequence[_RepositoryFile]) -> _Need:
        inodes = len(files) + len(list_directories([file.name for file in files]))
        contents = sum(max(file.size + _BLOCK_BYTES, INODE_BYTES) for file in files)
        return cls(contents + (inodes - len(files)) * INODE_BYTES, inodes)


@dataclass(frozen=True, slots=True)
class _Places:
    objects: Path
    repositories: Path
    partial: Path


class PolicyRepositories:
    """Downloads uploads on request, and keeps those that were requested last."""

    def __init__(
        self,
        directory: Path,
        *,
        quota_bytes: int = DEFAULT_QUOTA_BYTES,
        max_repo_bytes: int = DEFAULT_MAX_REPO_BYTES,
        hub: str | None = None,
        download_s: float = DOWNLOAD_S,
    ) -> None:
        """Use `directory` as the cache; several processes may share it.

        quota_bytes: the size of the whole cache.
        max_repo_bytes: the largest repository that is downloaded.
        hub: the hub's URL; None means HF_ENDPOINT, or the public hub if that is not set.
        download_s: the time limit for one repository.
        """
        self._places = _Places(directory / "objects", directory / "repositories", directory / "partial")
        self._quota_bytes = quota_bytes
        self._max_repo_bytes = max_repo_bytes
        self._hub = (hub or os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
        self._download_s = download_s

    async def fetch(self, repo: str, revision: str, at_most: int | None = None) -> Path:
        """Return a directory with the files of `repo` (owner/name) at the full `revision`, readable by everybody.

        at_most: the size in bytes that its miner was promised; None: what this cache accepts.

        It is not changed or removed for at least KEEP_S. Raises RepositoryUnverifiable (the miner's fault: it does not
        exist, is too big, or has names that no honest upload has) or RepositoryUnavailable (our fault).
        """
        if not _REPO.fullmatch(repo) or "--" in repo or ".." in repo or not _REVISION.fullmatch(revision):
            raise RepositoryUnverifiable(f"{repo[:100]!r} at {revision[:60]!r} is not owner/name at a full revision.")
        kept = self._locate(repo, revision)
        try:
            if kept.is_dir():
                os.utime(kept)
                return kept
            async with asyncio.timeout(self._download_s):
                async for attempt in stamina.retry_context(on=RepositoryUnavailable, attempts=ATTEMPTS, timeout=None):
                    with attempt:
                        await self._download(repo, revision, kept, at_most or self._max_repo_bytes)
        except TimeoutError:
            raise RepositoryUnavailable(f"{repo} was not downloaded within {self._download_s:g} s.") from None
        except OSError as error:
            raise RepositoryUnavailable(f"{repo} could not be stored: {error.strerror or error}.") from None
        return kept

    def keep(self, repo: str, revision: str, directory: Path) -> None:
        """Keep a copy of a directory as if it had been downloaded, for a subnet on one machine without a hub."""
        for place in (self._places.objects, self._places.repositories, self._places.partial):
            place.mkdir(parents=True, exist_ok=True)
        staging = self._places.partial / secrets.token_hex(8)
        shutil.copytree(directory, staging)
        for path in (staging, *staging.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o444)
        _move(staging, self._locate(repo, revision))

    def _locate(self, repo: str, revision: str) -> Path:
        return self._places.repositories / f"{repo.replace('/', '--')}@{revision}"

    async def _download(self, repo: str, revision: str, kept: Path, at_most: int) -> None:
        for place in (self._places.objects, self._places.repositories, self._places.partial):
            place.mkdir(parents=True, exist_ok=True)
        staging = self._places.partial / secrets.token_hex(8)
        try:
            async with open_client(follow_redirects=True, timeout=READ_S, headers=_HEADERS) as client:
                files = await self._list_files(client, repo, revision)
                size = sum(file.size for file in files)
                if size > at_most:
                    raise RepositoryUnverifiable(
                        f"{repo} at {revision} has {size} bytes; at most {at_most} are downloaded."
                    )
                if size > self._max_repo_bytes:
                    raise RepositoryUnavailable(
                        f"{repo} has {size} bytes; this machine takes {self._max_repo_bytes}: raise --max-repo-size."
                    )
                await asyncio.to_thread(self._make_room, _Need.of(files))
                staging.mkdir()
                for file in files:
                    stored = await self._store(
                        client, f"{self._hub}/{repo}/resolve/{revision}/{quote(file.name)}", file
                    )
                    target = staging / file.name
                    target.parent.mkdir(parents=True, exist_ok=True)
                    await asyncio.to_thread(_place, stored, target)
            for directory in (staging, *(path for path in staging.rglob("*") if path.is_dir())):
                directory.chmod(0o755)
            _move(staging, kept)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise RepositoryUnavailable(f"{repo} could not be downloaded: {type(error).__name__} {error}.") from None
        except FileNotFoundError as error:  # another process made room at this moment: trying again downloads it anew
            raise RepositoryUnavailable(f"{repo} could not be stored: {error.filename} has disappeared.") from None
        finally:
            await asyncio.to_thread(shutil.rmtree, staging, ignore_errors=True)

    async def _list_files(self, client: httpx2.AsyncClient, repo: str, revision: str) -> Sequence[_RepositoryFile]:
        """Return the files of the revision; their names are safe to create."""
        url = f"{self._hub}/api/models/{repo}/revision/{revision}"
        async with client.stream("GET", url, params={"blobs": "true"}) as response:
            _check_status(response, f"{repo} at {revision}")
            body = bytearray()
            async for part in response.aiter_bytes(_CHUNK_BYTES):
                body += part
                if len(body) > MAX_LISTING_BYTES:
                    raise RepositoryUnverifiable(
                        f"The list of files of {repo} is longer than {MAX_LISTING_BYTES} bytes."
                    )
        try:
            listing = msgspec.json.decode(body, type=_Listing)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RepositoryRefused(f"The hub's list of files of {repo} was not understood: {error}.") from None
        if listing.sha != revision:
            raise RepositoryRefused(f"The hub answered for revision {listing.sha[:40]!r} of {repo}, not {revision}.")
        if problem := find_problem_with_names([file.name for file in listing.siblings]):
            raise RepositoryUnverifiable(f"{repo} at {revision} {problem}.")
        return listing.siblings

    async def _store(self, client: httpx2.AsyncClient, url: str, file: _RepositoryFile) -> Path:
        """Return the object with the file's content; download it unless the cache has it."""
        if file.lfs is not None and (known := self._places.objects / file.lfs.sha256).exists():
            os.utime(known)
            return known
        partial = self._places.partial / secrets.token_hex(8)
        try:
            digest = await _download_file(client, url, file, partial)
            partial.chmod(0o444)
            return _keep(partial, self._places.objects / digest)
        finally:
            partial.unlink(missing_ok=True)

    def _make_room(self, need: _Need) -> None:
        """Remove the least recently requested repositories until `need` fits; raises RepositoryUnavailable."""
        now = time.time()
        self._forget_partial(now)
        used = self._measure_occupied_bytes()
        if used + need.bytes > self._quota_bytes:
            used -= self._forget_objects(now)
        repositories = sorted(self._places.repositories.iterdir(), key=_read_used_at)
        while used + need.bytes > self._quota_bytes:
            if not repositories or _read_used_at(repositories[0]) > now - KEEP_S:
                raise RepositoryUnavailable(
                    f"{need.bytes} bytes do not fit: the cache holds {used} of {self._quota_bytes} bytes, all in use; "
                    "give it more with --cache-size."
                )
            going = self._places.partial / secrets.token_hex(8)
            _move(repositories.pop(0), going)  # in one step, so that no other process finds half of it
            used -= _measure_own_bytes(going) + (_compute_cost(going.stat()) if going.exists() else 0)
            shutil.rmtree(going, ignore_errors=True)
            used -= self._forget_objects(now)
        disk = os.statvfs(self._places.objects)
        if disk.f_bavail * disk.f_frsize < need.bytes or (disk.f_files > 0 and disk.f_favail < need.inodes):
            raise RepositoryUnavailable(
                f"The disk of {self._places.objects} has no room for {need.bytes} bytes in {need.inodes} files."
            )

    def _measure_occupied_bytes(self) -> int:
        """Measure what the cache takes of its disk: blocks and inodes, including directories; hard links count once."""
        objects = sum(_compute_cost(path.stat()) for path in self._places.objects.iterdir())
        return objects + sum(_measure_own_bytes(place) for place in (self._places.repositories, self._places.partial))

    def _forget_objects(self, now: float) -> int:
        """Remove objects of no repository that were not requested lately; return how many bytes they took."""
        freed = 0
        for path in self._places.objects.iterdir():
            try:
                found = path.stat()
            except FileNotFoundError:  # another process was faster
                continue
            if found.st_nlink == 1 and found.st_mtime <= now - KEEP_S:
                path.unlink(missing_ok=True)
                freed += _compute_cost(found)
        return freed

    def _forget_partial(self, now: float) -> None:
        """Remove the downloads of processes that were killed."""
        for path in self._places.partial.iterdir():
            if _read_used_at(path) < now - max(KEEP_S, self._download_s):
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)


async def _download_file(client: httpx2.AsyncClient, url: str, file: _RepositoryFile, target: Path) -> str:
    """Download the file to `target` and return its SHA-256; raises RepositoryRefused if it is not as announced."""
    content, blob = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % file.size, usedforsecurity=False)
    written = 0
    async with client.stream("GET", url) as response:
        _check_origin(response, url)
        if response.status_code in (404, 410):  # the hub has listed it, so it is a large file that was never uploaded
            raise RepositoryUnverifiable(f"{url} cannot be downloaded: the revision lists it, but it is not there.")
        _check_status(response, url)
        with target.open("xb") as out:
            async for part in response.aiter_bytes(_CHUNK_BYTES):
                written += len(part)
                if written > file.size:
                    break
                content.update(part)
                blob.update(part)
                out.write(part)
    expected = file.lfs.sha256 if file.lfs is not None else file.blob_id
    found = content.hexdigest() if file.lfs is not None else blob.hexdigest()
    if written != file.size or expected not in (None, found):
        raise RepositoryRefused(f"{url} is not what the hub announced ({file.size} bytes, {expected}).")
    return content.hexdigest()


def _check_status(response: httpx2.Response, what: str) -> None:
    _check_origin(response, what)
    if response.status_code == 200:
        return
    code = response.headers.get("x-error-code", "")
    if response.status_code == 401:  # the hub's answer without a token for private and for missing repositories
        code = code or "RepoNotFound"
    if code in _MINER_FAULTS:
        raise RepositoryUnverifiable(f"{what} cannot be downloaded: {_MINER_FAULTS[code]}.")
    if response.headers.get("x-error-message") == _DISABLED:
        raise RepositoryUnverifiable(f"{what} cannot be downloaded: the hub has disabled the repository.")
    unavailable = RepositoryUnavailable if response.status_code in _BUSY else RepositoryRefused
    raise unavailable(f"The hub answered with status {response.status_code} for {what}.")


def _check_origin(response: httpx2.Response, what: str) -> None:
    """Raise RepositoryUnavailable for a page of a proxy, of whatever status: neither the hub nor its storage sends one.

    A page that is itself a file of the repository comes with status 200.
    """
    if response.status_code != 200 and response.headers.get("content-type", "").startswith("text/html"):
        raise RepositoryUnavailable(
            f"A page in HTML with status {response.status_code} came for {what}: a proxy's, not the hub's answer."
        )


def _keep(partial: Path, stored: Path) -> Path:
    """Make a downloaded file an object, and return it; an object with the same content that is there already stays.

    Replacing it would do no harm to its content, but Linux refuses to link a file at the moment when it is replaced.
    """
    try:
        stored.hardlink_to(partial)
    except FileExistsError:
        os.utime(stored)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        partial.rename(stored)
    return stored


def _place(stored: Path, target: Path) -> None:
    """Link an object to `target`, or copy it: a file has at most 65,000 links, and some file systems allow none."""
    try:
        target.hardlink_to(stored)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        shutil.copyfile(stored, target)
        target.chmod(0o444)


def _move(directory: Path, target: Path) -> None:
    """Rename the directory, unless another process did it first."""
    try:
        directory.rename(target)
    except OSError:
        if directory.exists() and not target.exists():
            raise


def _compute_cost(found: os.stat_result) -> int:
    """Return the bytes of the disk that a file or directory counts for."""
    return max(found.st_blocks * 512, INODE_BYTES)


def _measure_own_bytes(directory: Path) -> int:
    """Measure everything below a directory except files that are linked among the objects, which count there."""
    total = 0
    for place, directories, files in os.walk(directory):
        for name in (*directories, *files):
            try:
                found = os.lstat(os.path.join(place, name))  # noqa: PTH118 - there may be very many
            except FileNotFoundError:  # another process was faster
                continue
            if found.st_nlink == 1 or stat.S_ISDIR(found.st_mode):
                total += _compute_cost(found)
    return total


def _read_used_at(path: Path) -> float:
    """Return when it was last requested, in seconds since 1970; infinity if another process has removed it."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
