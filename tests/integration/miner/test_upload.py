"""Uploading, with the real SDK against a server that speaks the hub's wire."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time

import pytest

from kinitro.chain.commitments import InvalidCommitment
from kinitro.errors import ConfigurationError
from kinitro.miner import hub
from kinitro.miner.errors import ProjectError, ServiceError
from tests.integration.miner.conftest import HUB_TOKEN, REPO, REVISION
from tests.standin.rest import Trouble


def test_a_folder_becomes_a_full_revision(huggingface, folder) -> None:
    (folder / ".env").write_text("SECRET=1")
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    revision = hub.upload(folder, REPO)
    uploaded = huggingface.commits[REPO, revision]
    assert uploaded["weights.npz"] == (folder / "weights.npz").read_bytes()
    assert uploaded["policy.py"] == (folder / "policy.py").read_bytes()
    assert set(uploaded) == set(hub.list_uploaded_files(folder))
    assert not {".env", "__pycache__/x.pyc"} & set(uploaded)
    with pytest.raises(ServiceError, match="it is private"):
        hub.check_public(REPO, revision)
    assert hub.publish(REPO, revision) == sum(map(len, uploaded.values()))
    huggingface.calls.clear()
    assert hub.check_public(REPO, revision) == sum(map(len, uploaded.values()))
    assert not any("authorization" in call.headers for call in huggingface.calls if call.method == "GET")


@pytest.mark.parametrize(
    ("part", "failure", "says"),
    [
        ("repos/create", 401, "does not know the token in HF_TOKEN"),
        ("repos/create", 403, "may not write"),
        ("preupload", 404, "no such repository"),
        ("commit", 409, "somebody else"),
        ("commit", 429, "too many requests"),
        ("commit", 500, r"failed \(500\), the fault is on its side"),
        ("preupload", Trouble.CUT, "connection to the hub broke"),
        ("commit", Trouble.CUT, "connection to the hub broke"),
        ("repos/create", Trouble.SILENCE, "did not answer in time"),
        ("commit", Trouble.SILENCE, "did not answer in time"),
        ("commit", Trouble.TRICKLE, "did not answer in time"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(huggingface, folder, monkeypatch, part, failure, says) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own patience
    monkeypatch.setattr(hub, "READ_LIMIT_S", 0.3)
    monkeypatch.setattr(hub, "CALL_LIMIT_S", 2.0)
    huggingface.failures["POST", part] = failure
    with pytest.raises(ServiceError, match=says) as caught:
        hub.upload(folder, REPO)
    assert HUB_TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not huggingface.commits
    huggingface.failures.clear()
    assert hub.upload(folder, REPO) == huggingface.heads[REPO]


@pytest.mark.parametrize("trouble", [Trouble.SILENCE, Trouble.TRICKLE])
def test_a_hub_that_never_tells_does_not_hold_anybody(huggingface, monkeypatch, trouble) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr(hub, "READ_LIMIT_S", 0.3)
    monkeypatch.setattr(hub, "CALL_LIMIT_S", 1.0)
    huggingface.failures["GET", "/api/models"] = trouble
    begun = time.monotonic()
    with pytest.raises(ServiceError, match="did not answer in time"):
        hub.check_public(REPO, REVISION)
    assert time.monotonic() - begun < 10


@pytest.mark.filterwarnings("ignore:Use 'content=<...>'")  # the SDK's own, on this path only
def test_half_an_upload_is_no_commit_and_is_gone_on_with(huggingface, folder, monkeypatch) -> None:
    """Large files by Git LFS: the connection breaks in the middle of the second; the first is not sent again."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    huggingface.large_suffixes = (".npz",)
    (folder / "second.npz").write_bytes(os.urandom(300_000))
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in ("weights.npz", "second.npz")}
    huggingface.failures["PUT", digests["second.npz"]] = Trouble.CUT_UPLOAD
    with pytest.raises(ServiceError, match="connection to the hub broke"):
        hub.upload(folder, REPO)
    assert not huggingface.commits
    assert set(huggingface.large_files) == {digests["weights.npz"]}
    huggingface.failures.clear()
    huggingface.calls.clear()
    revision = hub.upload(folder, REPO)
    assert [call.path for call in huggingface.calls if call.method == "PUT"] == [f"/lfs/{digests['second.npz']}"]
    uploaded = huggingface.commits[REPO, revision]
    assert uploaded["second.npz"] == (folder / "second.npz").read_bytes()
    assert uploaded["weights.npz"] == (folder / "weights.npz").read_bytes()


UPLOAD = """
import sys
from pathlib import Path
from kinitro.miner import hub
print(hub.upload(Path(sys.argv[1]), sys.argv[2]))
"""


def test_large_files_go_to_xet(huggingface, folder, tmp_path) -> None:
    """In a process of its own, because the SDK keeps one Xet session for each."""
    huggingface.large_suffixes = (".npz",)
    (folder / "large.npz").write_bytes(os.urandom(3_000_000))
    environment = os.environ | {"HF_XET_CACHE": str(tmp_path / "xet"), "HF_XET_CLIENT_RETRY_BASE_DELAY": "10ms"}

    def upload() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", UPLOAD, folder, REPO]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    huggingface.failures["POST", "/v1/xorbs"] = Trouble.CUT_UPLOAD
    broken = upload()
    assert "ServiceError" in broken.stderr
    assert "run the command again" in broken.stderr
    assert HUB_TOKEN not in broken.stdout + broken.stderr
    assert not huggingface.commits
    huggingface.failures.clear()
    done = upload()
    assert done.returncode == 0, done.stderr
    uploaded = huggingface.commits[REPO, done.stdout.strip()]
    assert uploaded["large.npz"].decode() == f"xet {hashlib.sha256((folder / 'large.npz').read_bytes()).hexdigest()}"
    assert sum(map(len, huggingface.xorbs.values())) > 3_000_000
    assert huggingface.shards == 1


def test_no_hub_at_all(monkeypatch, folder) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("HF_TOKEN", HUB_TOKEN)
    with pytest.raises(ServiceError, match="could not connect to the Hugging Face hub"):
        hub.upload(folder, REPO)


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_variable_means_the_public_hub(monkeypatch, empty) -> None:
    monkeypatch.setenv("HF_ENDPOINT", empty)
    assert hub._make_api("hf_x").endpoint == "https://huggingface.co"


def test_bad_input_reaches_no_service(huggingface, folder, tmp_path, monkeypatch) -> None:
    for repo in ("", "my-policy", "a/b/c", "someone/../x", "-x/y"):
        with pytest.raises(InvalidCommitment, match="owner/name"):
            hub.upload(folder, repo)
    for revision in ("main", "0123456", REVISION.upper()):
        with pytest.raises(InvalidCommitment, match="full commit hash"):
            hub.check_public(REPO, revision)
    with pytest.raises(ProjectError, match=r"has no server\.py"):
        hub.upload(tmp_path, REPO)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(ConfigurationError, match="HF_TOKEN is not set"):
        hub.upload(folder, REPO)
    assert not huggingface.calls


def test_a_public_repository_is_not_uploaded_to_unless_asked(huggingface, folder) -> None:
    """Whoever watches it could commit the revision before its owner does."""
    before = huggingface.publish(REPO, {"server.py": b"old"})
    with pytest.raises(ProjectError, match=r"public already.*could commit it first.*--repo someone/my-policy-2"):
        hub.upload(folder, REPO)
    assert huggingface.heads[REPO] == before
    revision = hub.upload(folder, REPO, public=True)
    assert hub.check_public(REPO, revision) == hub.list_contents(folder).total


def test_the_revision_has_the_listed_files_and_no_others(huggingface, folder) -> None:
    """Deleted here is deleted there; rules of a `.gitignore` in the repository drop nothing."""
    huggingface.has_own_files = True
    (folder / "model").mkdir()
    (folder / "model" / "weights.bin").write_bytes(b"1" * 1000)
    (folder / "old.npz").write_bytes(b"old")
    first = hub.upload(folder, REPO)
    huggingface.commits[REPO, first][".gitignore"] = b"*.bin\nmodel"
    (folder / ".gitignore").write_text("*.bin\n*.npz\n")
    (folder / "old.npz").unlink()
    (folder / "model" / "weights.bin").write_bytes(b"2" * 1000)
    lines: list[str] = []
    second = hub.upload(folder, REPO, report=lines.append)
    uploaded = huggingface.commits[REPO, second]
    assert set(uploaded) - {".gitattributes"} == set(hub.list_uploaded_files(folder))
    assert uploaded["model/weights.bin"] == b"2" * 1000
    assert "old.npz" not in uploaded
    assert "         1,000  model/weights.bin" in lines
    assert any(line.startswith("Left out:") and ".gitignore" in line for line in lines)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda files: files.pop("policy.py"), r"has no policy\.py"),
        (lambda files: files.pop("weights.npz"), r"'weights\.npz' is missing there"),
        (lambda files: files.update({"added.py": b""}), r"'added\.py' is there and was not listed"),
        (lambda files: files.update({"weights.npz": b"other"}), r"'weights\.npz' has other content there"),
    ],
)
def test_what_the_hub_made_of_it_is_compared(huggingface, folder, monkeypatch, spoil, says) -> None:
    commit = huggingface._commit

    def spoiled(repo, call):
        answer = commit(repo, call)
        spoil(huggingface.commits[repo, answer.body["commitOid"]])
        return answer

    monkeypatch.setattr(huggingface, "_commit", spoiled)
    with pytest.raises(ProjectError, match=says):
        hub.upload(folder, REPO)
    assert REPO in huggingface.private, "nothing was published"


def test_a_file_that_changes_during_the_upload_is_noticed(huggingface, folder, monkeypatch) -> None:
    preupload = huggingface._preupload

    def changing(repo, call):
        (folder / "weights.npz").write_bytes(b"a training script goes on")
        return preupload(repo, call)

    monkeypatch.setattr(huggingface, "_preupload", changing)
    with pytest.raises(ProjectError, match=r"'weights\.npz' has other content there"):
        hub.upload(folder, REPO)


def test_a_revision_that_others_cannot_download(huggingface, folder) -> None:
    hub.upload(folder, REPO)
    with pytest.raises(ServiceError, match="no such repository or revision"):
        hub.check_public(REPO, REVISION)
