"""Uploads are fetched from a hub on loopback: what is the miner's fault, what is ours, and what stays on the disk."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from kinitro.sandbox import upload_names
from kinitro.sandbox import uploads as repositories
from kinitro.sandbox.errors import RepositoryRefused, RepositoryUnavailable, RepositoryUnverifiable
from kinitro.sandbox.uploads import PolicyRepositories
from tests.standin.hub import Hub
from tests.standin.rest import Answer, Call

REPO = "miner/policy"
FILES = {"server.py": b"app = None\n", "policy.py": b"1\n", "weights/a.safetensors": b"w" * 3000, "empty.txt": b""}
ABSENT = "0" * 40
QUOTA_BYTES = 200 * 1024
"""Twelve files or directories, however small."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(token="secret") as hub:
        hub.large_suffixes = (".safetensors",)
        yield hub


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """Between attempts."""
    with stamina.set_testing(True, attempts=repositories.ATTEMPTS):
        yield


@pytest.fixture
def cache(hub: Hub, tmp_path: Path) -> PolicyRepositories:
    return PolicyRepositories(tmp_path, hub=hub.url, max_repo_bytes=10_000, quota_bytes=QUOTA_BYTES)


def content_of(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


async def test_a_revision_is_downloaded_once_and_readable_by_everybody(hub: Hub, cache: PolicyRepositories) -> None:
    revision = hub.publish(REPO, FILES)
    directory = await cache.fetch(REPO, revision)
    assert content_of(directory) == FILES
    assert all(path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o444) for path in directory.rglob("*"))
    assert not any(path.is_symlink() for path in directory.rglob("*"))
    calls = len(hub.calls)
    assert await cache.fetch(REPO, revision) == directory
    assert len(hub.calls) == calls


async def test_no_credentials_are_sent(
    hub: Hub, cache: PolicyRepositories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    await cache.fetch(REPO, hub.publish(REPO, FILES))
    assert all("authorization" not in call.headers and "secret" not in str(call.headers) for call in hub.calls)


async def test_copies_share_their_large_files(hub: Hub, cache: PolicyRepositories, tmp_path: Path) -> None:
    first = await cache.fetch(REPO, hub.publish(REPO, FILES))
    hub.calls.clear()
    second = await cache.fetch("copycat/policy", hub.publish("copycat/policy", FILES))
    assert not any("safetensors" in call.path or "large" in call.path for call in hub.calls)
    weights = [directory / "weights/a.safetensors" for directory in (first, second)]
    assert weights[0].stat().st_ino == weights[1].stat().st_ino


@pytest.mark.parametrize(
    ("repo", "revision", "why"),
    [
        ("nobody/nothing", ABSENT, "no such public repository"),
        (REPO, ABSENT, "no such revision"),
        (REPO, "main", "full revision"),
        ("../../etc", ABSENT, "owner/name"),
        ("a--b/c", ABSENT, "owner/name"),
    ],
)
async def test_an_upload_that_is_not_there_is_the_miners_fault(
    hub: Hub, cache: PolicyRepositories, repo: str, revision: str, why: str
) -> None:
    hub.publish(REPO, FILES)
    with pytest.raises(RepositoryUnverifiable, match=why):
        await cache.fetch(repo, revision)


async def test_a_private_repository_is_the_miners_fault(hub: Hub, cache: PolicyRepositories) -> None:
    revision = hub.publish(REPO, FILES)
    hub.failures["GET", "/api/models/"] = 401
    with pytest.raises(RepositoryUnverifiable, match="no such public repository"):
        await cache.fetch(REPO, revision)


DISABLED = Answer(403, {}, {"X-Error-Message": "Access to this resource is disabled."})


async def test_a_disabled_repository_is_the_miners_fault(hub: Hub, cache: PolicyRepositories) -> None:
    revision = hub.publish(REPO, FILES)
    for part in ("/api/models/", "/resolve/"):
        hub.failures = {("GET", part): DISABLED}
        with pytest.raises(RepositoryUnverifiable, match="disabled the repository"):
            await cache.fetch(REPO, revision)


@pytest.mark.parametrize("part", ["/large/", "/resolve/"])
async def test_a_listed_file_that_was_never_uploaded_is_the_miners_fault(
    hub: Hub, cache: PolicyRepositories, tmp_path: Path, part: str
) -> None:
    revision = hub.publish(REPO, FILES)
    hub.failures["GET", part] = Answer(404)  # as a store of large files says it, without the hub's headers
    with pytest.raises(RepositoryUnverifiable, match="lists it, but it is not there"):
        await cache.fetch(REPO, revision)
    assert not (tmp_path / "repositories" / f"miner--policy@{revision}").exists()


async def test_a_hub_that_knows_nothing_at_all_is_not_the_miners_fault(hub: Hub, cache: PolicyRepositories) -> None:
    hub.failures["GET", "/"] = Answer(404)  # HF_ENDPOINT leads to another server
    with pytest.raises(RepositoryUnavailable):
        await cache.fetch(REPO, hub.publish(REPO, FILES))


async def test_a_huge_repository_is_refused_before_it_is_downloaded(hub: Hub, cache: PolicyRepositories) -> None:
    revision = hub.publish(REPO, FILES | {"huge.bin": bytes(9_000)})
    with pytest.raises(RepositoryUnverifiable, match=r"has 12013 bytes; at most 10000"):
        await cache.fetch(REPO, revision)
    assert not any("resolve" in call.path for call in hub.calls)


HOSTILE_NAMES = {
    "parent": "../outside.py",
    "inner_parent": "a/../../outside.py",
    "absolute": "/etc/cron.d/x",
    "dot": "./server.py",
    "empty_part": "a//b",
    "option": "--upload-pack=x",
    "option_below": "a/-rf",
    "newline": "a\nb",
    "nul": "a\0b",
    "backslash": "..\\outside.py",
    "right_to_left": "a\u202eyp.exe",
    "too_long": "x" * 600,
    "long_part": "é" * 200,
    "too_deep": "/".join("a" * 20),
    "file_and_directory": "policy.py/inner.py",
}


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES.keys())
async def test_hostile_names_are_refused_before_anything_is_written(
    hub: Hub, cache: PolicyRepositories, tmp_path: Path, name: str
) -> None:
    revision = hub.publish(REPO, FILES | {name: b"x"})
    with pytest.raises(RepositoryUnverifiable, match=r"not a plain relative path|both as a file"):
        await cache.fetch(REPO, revision)
    assert content_of(tmp_path) == {}


async def test_too_many_files_and_no_server_are_refused(
    hub: Hub, cache: PolicyRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RepositoryUnverifiable, match=r"has no server\.py"):
        await cache.fetch(REPO, hub.publish(REPO, {"policy.py": b""}))
    many = FILES | {f"{number}.txt": b"" for number in range(upload_names.MAX_FILES)}
    with pytest.raises(RepositoryUnverifiable, match="at most 2000 are accepted"):
        await cache.fetch(REPO, hub.publish(REPO, many))


@pytest.mark.parametrize("status", [429, 500, 503, 403, 0])
async def test_a_failing_hub_is_not_the_miners_fault(hub: Hub, cache: PolicyRepositories, status: int) -> None:
    revision = hub.publish(REPO, FILES)
    for part in ("/api/models/", "/resolve/"):
        hub.failures = {("GET", part): status}
        with pytest.raises(RepositoryUnavailable):
            await cache.fetch(REPO, revision)
    assert len([call for call in hub.calls if "/api/" in call.path]) == 2 * repositories.ATTEMPTS
    hub.failures.clear()
    assert content_of(await cache.fetch(REPO, revision)) == FILES


async def test_a_slow_hub_is_not_the_miners_fault(hub: Hub, tmp_path: Path) -> None:
    revision = hub.publish(REPO, FILES)
    hub.delay_s = 0.5
    with pytest.raises(RepositoryUnavailable, match=r"not downloaded within 0\.2 s"):
        await PolicyRepositories(tmp_path, hub=hub.url, download_s=0.2).fetch(REPO, revision)


@pytest.mark.parametrize("name", ["policy.py", "weights/a.safetensors"])
async def test_content_other_than_announced_is_never_kept(
    hub: Hub, cache: PolicyRepositories, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = hub.publish(REPO, FILES)
    tampered = bytes(len(FILES[name]))
    listed = hub.answer
    served = {"/".join(("", REPO, "resolve", revision, other)): FILES[other] for other in FILES if other != name}

    def answer(call: Call) -> Answer:
        return listed(call) if "/api/" in call.path else Answer(200, served.get(call.path, tampered))

    monkeypatch.setattr(hub, "answer", answer)
    with pytest.raises(RepositoryUnavailable, match="not what the hub announced"):
        await cache.fetch(REPO, revision)


def age(directory: Path, name: str, seconds: float) -> None:
    """As if it had been asked for that long ago."""
    then = time.time() - seconds
    for path in [*directory.glob(f"repositories/{name}"), *directory.glob("objects/*")]:
        os.utime(path, (then, then))


async def test_the_oldest_repositories_make_room(hub: Hub, cache: PolicyRepositories, tmp_path: Path) -> None:
    kept = []
    for number in range(5):
        repo = f"miner{number}/policy"
        content = {"server.py": bytes([number]), "data.bin": hashlib.sha256(bytes([number])).digest() * 200}
        kept.append(await cache.fetch(repo, hub.publish(repo, content)))
        age(tmp_path, kept[-1].name, 2 * repositories.KEEP_S - number)
    assert [path.exists() for path in kept] == [False, True, True, True, True]
    assert occupied_bytes(tmp_path) <= QUOTA_BYTES
    assert list((tmp_path / "partial").iterdir()) == []


def occupied_bytes(directory: Path) -> int:
    """As `du` counts, and at least 16 KiB for every inode; without the three directories of the cache itself."""
    found = {path.lstat().st_ino: path.lstat() for path in directory.rglob("*") if path.parent != directory}
    return sum(max(512 * one.st_blocks, 16 * 1024) for one in found.values())


async def test_directories_and_empty_files_count(hub: Hub, cache: PolicyRepositories, tmp_path: Path) -> None:
    """A repository of 11 bytes can have 32,000 directories, and take 117 MiB."""
    for number in range(6):
        repo = f"miner{number}/policy"
        files = {"server.py": b"", "a/b/c/d/e.txt": b"x", **({"f.txt": b""} if number else {})}
        kept = await cache.fetch(repo, hub.publish(repo, files))
        age(tmp_path, kept.name, 2 * repositories.KEEP_S - number)
        assert occupied_bytes(tmp_path) <= QUOTA_BYTES
    assert not (tmp_path / "repositories" / kept.name.replace("5", "0", 1)).exists()


async def test_a_forest_of_directories_is_refused(hub: Hub, cache: PolicyRepositories) -> None:
    forest = {f"{number}/" + "d/" * 14 + "f": b"" for number in range(100)}
    with pytest.raises(RepositoryUnverifiable, match="has 1502 directories; at most 1000"):
        await cache.fetch(REPO, hub.publish(REPO, FILES | forest))


async def test_what_belongs_to_no_repository_goes_first(hub: Hub, cache: PolicyRepositories, tmp_path: Path) -> None:
    kept = await cache.fetch(REPO, hub.publish(REPO, {"server.py": b""}))
    age(tmp_path, kept.name, 2 * repositories.KEEP_S)
    for number in range(12):  # of downloads that were broken off
        (tmp_path / "objects" / f"{number:064x}").write_bytes(b"x")
    age(tmp_path, kept.name, 2 * repositories.KEEP_S)
    await cache.fetch("late/policy", hub.publish("late/policy", FILES))
    assert kept.exists()
    assert not (tmp_path / "objects" / f"{0:064x}").exists()


async def test_a_disk_without_inodes_is_not_the_miners_fault(
    hub: Hub, cache: PolicyRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = os.statvfs("/")
    few = os.statvfs_result((*found[:7], 3, *found[8:]))  # f_favail
    monkeypatch.setattr(os, "statvfs", lambda _: few)
    with pytest.raises(RepositoryUnavailable, match=r"no room for \d+ bytes in 6 files"):
        await cache.fetch(REPO, hub.publish(REPO, FILES))


async def test_what_may_be_in_use_is_never_removed(hub: Hub, cache: PolicyRepositories) -> None:
    for number in range(6):
        repo = f"miner{number}/policy"
        await cache.fetch(repo, hub.publish(repo, {"server.py": bytes([number]) * 6000}))
    revision = hub.publish("late/policy", {"server.py": b"l" * 6000})
    with pytest.raises(RepositoryUnavailable, match="do not fit"):
        await cache.fetch("late/policy", revision)


async def test_a_full_disk_is_not_the_miners_fault(
    hub: Hub, cache: PolicyRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = hub.publish(REPO, FILES)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "hardlink_to", full)
    with pytest.raises(RepositoryUnavailable, match="No space left"):
        await cache.fetch(REPO, revision)


@pytest.mark.parametrize("number", [errno.EMLINK, errno.EXDEV, errno.EPERM])
async def test_where_a_file_gets_no_second_name_it_is_copied(
    hub: Hub, cache: PolicyRepositories, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """32 revisions of 2000 equal files have 64,000 names, and most file systems allow no more."""

    def refused(self: Path, _: Path) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "hardlink_to", refused)
    kept = await cache.fetch(REPO, hub.publish(REPO, FILES))
    assert content_of(kept) == FILES
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in kept.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("answers", "is_refused"),
    [
        ({("GET", "/resolve/"): 403}, True),
        ({("GET", "/resolve/"): 500}, True),
        ({("GET", "/api/models/"): 500}, True),
        ({("GET", "/resolve/"): 429}, False),
        ({("GET", "/api/models/"): 503}, False),
        ({("GET", "/resolve/"): 0}, False),
    ],
    ids=["file", "file-500", "listing", "too-many", "away", "broken-off"],
)
async def test_what_a_hub_refuses_is_told_from_a_hub_that_is_away(
    hub: Hub, cache: PolicyRepositories, answers: dict[tuple[str, str], int], is_refused: bool
) -> None:
    """Others' uploads decide what it means: see `VerificationRule`."""
    revision = hub.publish(REPO, FILES)
    hub.failures = dict(answers)
    with pytest.raises(RepositoryUnavailable) as told:
        await cache.fetch(REPO, revision)
    assert isinstance(told.value, RepositoryRefused) is is_refused, told.value


@pytest.mark.parametrize("part", ["/api/models/", "/resolve/"])
@pytest.mark.parametrize("status", [401, 404, 410, 403])
async def test_a_page_of_a_proxy_says_nothing_about_a_repository(
    hub: Hub, cache: PolicyRepositories, part: str, status: int
) -> None:
    revision = hub.publish(REPO, FILES)
    hub.failures = {
        ("GET", part): Answer(status, b"<h1>Please log in</h1>", {"content-type": "text/html; charset=utf-8"})
    }
    with pytest.raises(RepositoryUnavailable, match="a proxy's") as told:
        await cache.fetch(REPO, revision)
    assert not isinstance(told.value, RepositoryRefused)
    hub.failures.clear()
    assert content_of(await cache.fetch(REPO, revision)) == FILES


@pytest.mark.parametrize(
    "listing",
    [b'{"siblings": [], "cardData": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", b'{"sha": "\xff", "siblings": []}'],
    ids=["deep", "not UTF-8"],
)
async def test_a_listing_that_cannot_be_read_is_refused(hub: Hub, cache: PolicyRepositories, listing: bytes) -> None:
    """The hub quotes the miner's README in it."""
    hub.failures["GET", "/api/models/"] = Answer(200, listing)
    with pytest.raises(RepositoryRefused, match="was not understood"):
        await cache.fetch(REPO, ABSENT)


async def test_an_address_of_the_hub_that_cannot_be_read_is_our_fault(tmp_path: Path) -> None:
    with pytest.raises(RepositoryUnavailable, match="could not be downloaded"):
        await PolicyRepositories(tmp_path, hub="http://hub:port").fetch(REPO, ABSENT)


async def test_several_who_ask_at_once_get_the_same(hub: Hub, tmp_path: Path) -> None:
    revision = hub.publish(REPO, FILES)
    caches = [PolicyRepositories(tmp_path, hub=hub.url) for _ in range(2)]
    found = await asyncio.gather(*(cache.fetch(REPO, revision) for cache in caches for _ in range(4)))
    assert len(set(found)) == 1
    assert content_of(found[0]) == FILES
    assert list((tmp_path / "partial").iterdir()) == []


async def test_an_object_is_never_replaced_while_others_may_link_it(
    hub: Hub, cache: PolicyRepositories, tmp_path: Path
) -> None:
    """Linux answers "No such file or directory" to a link whose source is replaced at the same moment."""
    await cache.fetch(REPO, hub.publish(REPO, FILES))
    before = {path.name: path.stat().st_ino for path in (tmp_path / "objects").iterdir()}
    await cache.fetch("other/policy", hub.publish("other/policy", FILES))
    assert {path.name: path.stat().st_ino for path in (tmp_path / "objects").iterdir()} == before


async def test_an_object_that_disappears_is_downloaded_again(
    hub: Hub, cache: PolicyRepositories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may make room between the download of a file and its use."""
    link, removed = Path.hardlink_to, []

    def link_after_removal(target: Path, source: Path) -> None:
        if source.parent.name == "objects" and not removed:
            source.unlink()
            removed.append(source)
        link(target, source)

    monkeypatch.setattr(Path, "hardlink_to", link_after_removal)
    assert content_of(await cache.fetch(REPO, hub.publish(REPO, FILES))) == FILES
    assert removed


async def test_remains_of_a_killed_download_are_removed(hub: Hub, cache: PolicyRepositories, tmp_path: Path) -> None:
    left = tmp_path / "partial" / "left"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x")
    age_s = 2 * repositories.KEEP_S
    os.utime(left, (time.time() - age_s, time.time() - age_s))
    await cache.fetch(REPO, hub.publish(REPO, FILES))
    assert not left.exists()
