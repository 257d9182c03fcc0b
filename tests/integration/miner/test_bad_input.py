"""What a miner may get wrong: one sentence, an exit code, and nothing half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinitro import cli
from kinitro.miner import basilica
from tests.integration.miner.conftest import REPO, REVISION

DEPLOY = ("miner-deploy", "FOLDER", "--netuid", "26", "--network", "local-dev", "--repo")


def refused(capsys, monkeypatch, *arguments: str) -> tuple[int, str]:
    """(exit code, what is said) of a command that must fail with one sentence."""
    monkeypatch.setattr("sys.argv", ["kinitro", *arguments])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    said = capsys.readouterr()
    lines = said.err.strip().splitlines()
    assert lines[-1].startswith("kinitro: ")
    assert not said.out
    assert "Traceback" not in said.err
    return int(caught.value.code or 0), lines[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("init-miner", "FOLDER"), 1, "exists and is not empty; name a new folder"),
        (("init-miner", "FOLDER/policy.py"), 1, "exists and is not empty"),
        (("init-miner", "FOLDER/policy.py/new"), 1, "cannot be written"),
        (("init-miner", "NEW", "--template", "jax"), 1, "random, numpy, baseline, torch, lerobot, openpi"),
        (("upload", "FOLDER", "--repo", "my-policy"), 2, "owner/name"),
        (("upload", "FOLDER", "--repo", "a/b/c"), 2, "owner/name"),
        (("upload", "NEW", "--repo", REPO), 1, "init-miner` writes a complete folder"),
        (("basilica-push", "--repo", REPO, "--revision", "0123abc"), 2, "full commit hash"),
        (("basilica-push", "--repo", REPO, "--revision", "main"), 2, "full commit hash"),
        (("basilica-push", "--repo", "nope", "--revision", REVISION), 2, "owner/name"),
        (("basilica-push", "--repo", REPO, "--revision", REVISION, "--min-vram", "8"), 2, "needs --gpu-count"),
        (("basilica-push", "--repo", REPO, "--revision", REVISION, "--name", "My Policy"), 2, "lower-case letters"),
        (("basilica-push", "--repo", REPO, "--revision", REVISION, "--memory", "lots"), 2, "write 4Gi"),
        (("basilica-push", "--repo", REPO, "--revision", REVISION, "--cpu", "0"), 2, "write 2, 0.5 or 500m"),
        ((*DEPLOY, "my-policy"), 2, "owner/name"),
        ((*DEPLOY, REPO, "--name", "My Policy"), 2, "lower-case letters"),
        (("demos", "--out", "NEW", "--format", "hdf5"), 2, "lerobot or npz"),
        (("demos", "--out", "NEW", "--environments", "metaworld/fly-v3"), 2, "metaworld/fly-v3"),
        (("demos", "--out", "NEW", "--randomization", "wild"), 2, "none, standard"),
    ],
)
def test_wrong_input_is_one_sentence(
    huggingface, cloud, folder, tmp_path, capsys, monkeypatch, arguments, code, says
) -> None:
    before = _tree(folder)
    named = [a.replace("FOLDER", str(folder)).replace("NEW", str(tmp_path / "new")) for a in arguments]
    exit_code, sentence = refused(capsys, monkeypatch, *named)
    assert says in sentence
    assert exit_code == code
    assert not huggingface.calls
    assert not cloud.calls
    assert _tree(folder) == before
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("variable", ["HF_TOKEN", "BASILICA_API_TOKEN"])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_without_a_token_nothing_is_begun(huggingface, cloud, folder, capsys, monkeypatch, variable, value) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    one = ("upload", str(folder)) if variable == "HF_TOKEN" else ("basilica-push", "--revision", REVISION)
    for arguments in ((*one, "--repo", REPO), (*[a.replace("FOLDER", str(folder)) for a in DEPLOY], REPO)):
        code, sentence = refused(capsys, monkeypatch, *arguments)
        assert code == 2
        assert f"{variable} is not set" in sentence
    assert not huggingface.calls
    assert not cloud.calls


def test_a_server_that_does_not_start_is_not_left_behind(huggingface, cloud, folder, capsys, monkeypatch) -> None:
    from kinitro.miner import hub

    revision = hub.upload(folder, REPO)
    cloud.phases, cloud.message = ["pending", "failed"], "CrashLoopBackOff"
    code, sentence = refused(capsys, monkeypatch, "basilica-push", "--repo", REPO, "--revision", revision)
    assert code == 1
    assert "CrashLoopBackOff" in sentence
    assert not cloud.requests
    cloud.phases, cloud.served_at = ["ready"], "http://127.0.0.1:1"
    monkeypatch.setattr(basilica, "POLL_INTERVAL_S", 0.02)
    arguments = ("basilica-push", "--repo", REPO, "--revision", revision, "--timeout", "1")
    code, sentence = refused(capsys, monkeypatch, *arguments, "--allow-private-endpoints")
    assert code == 1
    assert "does not answer" in sentence
    assert not cloud.requests


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
