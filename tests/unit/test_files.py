"""Files are replaced as a whole or not at all."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from kinitro import files
from kinitro.files import create_file, publish_file, replace_file, replacing

ROOT = Path(__file__).parents[2]


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_file_is_made_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for content in (b"old", b"new", b""):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert names(tmp_path) == ["state.json"]


def test_secrets_are_for_their_owner_from_the_first_byte(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        with replacing(tmp_path / "secret", mode=0o600) as file:
            (draft,) = tmp_path.iterdir()
            assert draft.stat().st_mode & 0o777 == 0o600
            file.write(b"x")
        create_file(tmp_path / "key", b"x", mode=0o600)
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"old")
    with suppress(ZeroDivisionError), replacing(path) as file:
        file.write(b"ne")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["state.json"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path, new = tmp_path / "state.json", tmp_path / "new.json"
    replace_file(path, b"old")
    monkeypatch.setattr(os, "fsync", full)
    for write in (replace_file, create_file):
        with pytest.raises(OSError, match="No space left"):
            write(path if write is replace_file else new, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["state.json"]


def test_content_is_on_disk_before_the_name_and_the_name_before_the_call_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = tmp_path / "state.json", []
    sync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        steps.append("file" if Path(f"/proc/self/fd/{descriptor}").readlink().suffix == ".new" else "directory")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", lambda *names: (steps.append("name"), replace(*names)))
    replace_file(path, b"new")
    assert steps == ["file", "name", "directory"]


def test_a_file_system_that_cannot_sync_directories_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses_directories(path: Path) -> None:
        if path.is_dir():
            raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(files, "_sync", refuses_directories)
    replace_file(tmp_path / "state.json", b"new")
    assert (tmp_path / "state.json").read_bytes() == b"new"


def test_a_link_stays_a_link_and_a_pipe_is_written_to(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link, target = tmp_path / "link", tmp_path / "elsewhere" / "target"
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    code = "from pathlib import Path; from kinitro.files import replace_file; replace_file(Path('/dev/stdout'), b'hi')"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True).stdout == b"hi"
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path, b"new")


def test_a_new_file_replaces_none(tmp_path: Path) -> None:
    create_file(tmp_path / "key", b"1")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "key", b"2")
    assert (tmp_path / "key").read_bytes() == b"1"


def test_a_draft_of_another_program_is_published(tmp_path: Path) -> None:
    (tmp_path / "draft.mp4").write_bytes(b"film")
    publish_file(tmp_path / "draft.mp4", tmp_path / "film.mp4")
    assert names(tmp_path) == ["film.mp4"]


def test_nobody_replaces_files_in_another_way() -> None:
    """One function does it, so that it is done right everywhere. Whole directories are another matter."""
    directories = {"miner/projects.py", "miner/datasets.py", "sandbox/uploads.py"}
    other_ways = r"os\.(replace|rename)\(|(draft|partial|temporary|unfinished|tmp)\w*\.(replace|rename)\(|fsync\("
    found = {
        str(path.relative_to(ROOT / "kinitro"))
        for path in (ROOT / "kinitro").rglob("*.py")
        # variants of the miner's template are copied out, and run where kinitro may be missing
        if "variants" not in path.parts and re.search(other_ways, path.read_text())
    }
    assert found - directories == {"files.py"}
