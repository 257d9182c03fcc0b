"""A release: what it consists of, that it is the same each time, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from kinitro.cli.version import describe_version

ROOT = Path(__file__).parents[2]
KEY = "a@example.org"


def git(directory: Path, *arguments: str) -> str:
    command = ["git", "-C", str(directory), "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def release(checkout: Path, out: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "SIGN_WITH"} | variables
    return subprocess.run(
        [checkout / "tools/release.sh", out], capture_output=True, text=True, check=False, env=environment
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit: the files as they are here, and this virtual environment."""
    copy = tmp_path_factory.mktemp("checkout")
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / ".venv").symlink_to(sys.prefix)
    (copy / ".gitignore").write_text((copy / ".gitignore").read_text() + "/.venv\n")
    git(copy, "init", "-q")
    git(copy, "add", "-A")
    git(copy, "commit", "-q", "-m", "all")
    return copy


def test_a_release_is_complete_and_the_same_each_time(checkout: Path, tmp_path: Path) -> None:
    commit = git(checkout, "rev-parse", "HEAD")
    first, second = tmp_path / "first", tmp_path / "second"
    done = release(checkout, first)
    assert done.returncode == 0, done.stderr
    assert "is not signed" in done.stderr
    assert f"of commit {commit}" in done.stdout
    names = sorted(path.name for path in first.iterdir())
    assert names == [
        "IMAGES",
        "SHA256SUMS",
        "kinitro-0.1.0-py3-none-any.whl",
        "kinitro-0.1.0.cdx.json",
        "kinitro-0.1.0.tar.gz",
    ]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=first, check=True)
    with zipfile.ZipFile(first / names[2]) as wheel:
        assert wheel.read("kinitro/commit.txt").decode().strip() == commit
        inside = set(wheel.namelist())
    assert {"kinitro/py.typed", "kinitro/database/schema.sql", "kinitro/dashboard/templates/miner.html"} <= inside
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in inside)
    with tarfile.open(first / names[4]) as sdist:
        assert "kinitro-0.1.0/kinitro/commit.txt" in sdist.getnames()
    parts = json.loads((first / names[3]).read_text())["components"]
    assert {"mujoco", "psycopg", "bittensor"} <= {part["name"] for part in parts}
    assert f"kinitro/api:0.1.0-{commit[:12]}" in (first / "IMAGES").read_text().splitlines()
    gpg = ["gpg", "--homedir", str(make_key(tmp_path)), "--batch"]
    assert release(checkout, second, SIGN_WITH=KEY, GNUPGHOME=gpg[2]).returncode == 0
    assert (second / "SHA256SUMS").read_text() == (first / "SHA256SUMS").read_text()
    verify = [*gpg, "--verify", str(second / "SHA256SUMS.asc"), str(second / "SHA256SUMS")]
    subprocess.run(verify, capture_output=True, check=True)
    (second / "SHA256SUMS").write_text("other")
    assert subprocess.run(verify, capture_output=True, check=False).returncode != 0
    subprocess.run(["gpgconf", "--homedir", gpg[2], "--kill", "all"], check=False)


def make_key(directory: Path) -> Path:
    """A home of gpg's with a key that has no passphrase."""
    home = directory / "gpg"
    home.mkdir(mode=0o700)
    make = [
        "gpg",
        "--homedir",
        str(home),
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        KEY,
        "ed25519",
        "sign",
    ]
    subprocess.run([*make, "never"], capture_output=True, check=True)
    return home


def test_what_it_refuses(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    refused = release(checkout, tmp_path)
    assert refused.returncode == 3
    assert "is not empty" in refused.stderr
    (checkout / "README.md").write_text("changed")
    try:
        refused = release(checkout, tmp_path / "out")
        assert refused.returncode == 3
        assert "changes that are not committed" in refused.stderr
    finally:
        git(checkout, "checkout", "-q", "README.md")


def test_the_version_names_the_commit(checkout: Path, tmp_path: Path) -> None:
    """Of a checkout, of a release, and of neither."""
    commit = git(checkout, "rev-parse", "HEAD")
    assert describe_version(checkout / "kinitro") == f"kinitro 0.1.0 (commit {commit})"
    installed = tmp_path / "kinitro"
    installed.mkdir()
    assert describe_version(installed) == "kinitro 0.1.0"
    (installed / "commit.txt").write_text("a" * 40 + "\n")
    assert describe_version(installed) == f"kinitro 0.1.0 (commit {'a' * 40})"
    inside = checkout / "docs/kinitro"
    inside.mkdir()
    assert describe_version(inside) == "kinitro 0.1.0", "a repository in which it is only installed"
    inside.rmdir()


def test_the_workflow_runs_the_gate() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
    steps = workflow["jobs"]["gate"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    required = re.search(r'requires-python = ">=(\S+)"', (ROOT / "pyproject.toml").read_text())
    assert required is not None
    assert required[1] in workflow["jobs"]["gate"]["strategy"]["matrix"]["python"]
