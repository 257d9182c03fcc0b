"""No secret in or beside a policy's folder ever reaches the hub, and nothing does when one would have."""

from __future__ import annotations

import os
import socket

import pytest

from kinitro.miner import credentials, hub
from kinitro.miner.errors import ProjectError
from tests.integration.miner.conftest import REPO

HIDDEN = [
    *(".env", ".env.local", ".envrc", ".netrc", ".git-credentials", ".ssh/id_ed25519", ".aws/credentials"),
    *(".config/gcloud/application_default_credentials.json", ".cache/huggingface/token", ".git/config", ".npmrc"),
    *(".bittensor/wallets/default/hotkeys/default", ".kube/config", ".docker/config.json", ".pypirc"),
]
NAMED = [
    *(
        "id_rsa",
        "id_ed25519",
        "ID_RSA",
        "server.pem",
        "tls.KEY",
        "netrc",
        "prod.env",
        "credentials",
        "credentials.json",
    ),
    *("service-account-1.json", "kubeconfig", "token", "stored_tokens", "coldkey", "coldkeypub.txt", "secrets.yaml"),
    *("wallets/w/x", "hotkeys/default", "keys/backup.p12", "terraform.tfstate"),
]
CONTAINING = {
    "a token of the hub": b"TOKEN = 'hf_" + b"aB3" * 12 + b"'",
    "a key of AWS": b"key=AKIA" + b"ABCD" * 4,
    "a key of AWS in a script": b"export AWS_SECRET_ACCESS_KEY=" + b"aB3/" * 10,
    "a key of AWS in Python": b"os.environ['AWS_SECRET_ACCESS_KEY'] = '" + b"aB3/" * 10 + b"'",
    "a key of AWS in JSON": b'{"aws_secret_access_key": "' + b"aB3/" * 10 + b'"}',
    "a private key": b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA",
    "a token of GitHub": b"https://ghp_" + b"a1" * 18 + b"@example.com",
    "a key of a wallet": b'{"accountId": "0x00", "secretPhrase" : "one two three"}',
    "an encrypted key of a wallet": b"$NACL" + bytes(100),
    "a key of Google": b"AIza" + b"a" * 35,
}


@pytest.mark.parametrize("prefix", ["", "deep/er/"])
def test_hidden_files_stay_here_at_any_depth(huggingface, folder, prefix) -> None:
    for name in HIDDEN:
        (folder / prefix / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / prefix / name).write_text("SECRET=plain words that no form knows")
    lines: list[str] = []
    revision = hub.upload(folder, REPO, report=lines.append)
    assert not [name for name in huggingface.commits[REPO, revision] if "/." in f"/{name}"]
    assert not any(b"plain words" in call.body for call in huggingface.calls)
    assert any(line.startswith("Left out:") and f"{prefix}.aws/" in line for line in lines)


@pytest.mark.parametrize("prefix", ["", "deep/er/"])
@pytest.mark.parametrize("name", NAMED)
def test_names_of_credentials_are_refused(huggingface, folder, prefix, name) -> None:
    (folder / prefix / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / prefix / name).write_text("x")
    with pytest.raises(ProjectError, match="everybody could read it") as caught:
        hub.upload(folder, REPO)
    assert f"{prefix}{name}" in str(caught.value)
    assert not huggingface.calls


@pytest.mark.parametrize(("what", "content"), CONTAINING.items(), ids=CONTAINING)
@pytest.mark.parametrize("before", [0, 4 * 1024**2 - 10], ids=["at the start", "across two reads"])
def test_contents_are_looked_through(huggingface, folder, what, content, before) -> None:
    what = what.partition(" in ")[0]
    if before and content.startswith(b"$NACL"):
        before = 0  # a file's first bytes, or nothing
    (folder / "notes").mkdir()
    (folder / "notes" / "weights.bin").write_bytes(b" " * before + content)
    with pytest.raises(ProjectError, match=f"'notes/weights.bin' contains {what}") as caught:
        hub.upload(folder, REPO)
    assert content.decode()[:40] not in str(caught.value)
    assert not huggingface.calls


def test_the_tokens_of_this_environment_are_found(huggingface, folder, monkeypatch) -> None:
    monkeypatch.setenv("BASILICA_API_TOKEN", "no form knows this one")
    (folder / "start.sh").write_text("curl -H 'Authorization: no form knows this one'")
    with pytest.raises(ProjectError, match=r"'start\.sh' contains the value of BASILICA_API_TOKEN"):
        hub.upload(folder, REPO)
    assert not huggingface.calls


def test_a_long_token_of_this_environment_is_found_across_two_reads(folder, monkeypatch) -> None:
    token = "".join(f"{number:04d}" for number in range(300))
    (folder / "start.sh").write_text(" " * (4 * 1024**2 - 1000) + token)
    monkeypatch.setenv("BASILICA_API_TOKEN", token)
    assert credentials.find_by_content(folder / "start.sh", hub.list_own_secrets()) == "the value of BASILICA_API_TOKEN"


@pytest.mark.parametrize("target", ["a file", "a folder", "nothing"])
def test_links_are_refused(huggingface, folder, tmp_path, target) -> None:
    (tmp_path / "a file").write_text("root:x:0:0")
    (tmp_path / "a folder").mkdir()
    (folder / "model").mkdir()
    (folder / "model" / "data").symlink_to(tmp_path / target)
    with pytest.raises(ProjectError, match=r"'model/data' is a symbolic link: put what it points to in its place"):
        hub.upload(folder, REPO)
    assert not huggingface.calls


def test_links_of_what_is_left_out_do_not_matter(huggingface, folder, tmp_path) -> None:
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / "bin" / "python").symlink_to("/usr/bin/python3")
    assert hub.upload(folder, REPO)


def test_what_is_no_file_is_refused(huggingface, folder, monkeypatch) -> None:
    monkeypatch.chdir(folder)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("control")
        with pytest.raises(ProjectError, match="'control' is neither a file nor a folder"):
            hub.upload(folder, REPO)
    assert not huggingface.calls


@pytest.mark.parametrize(
    ("name", "says"),
    [("-rf.py", "not a plain relative path"), ("/".join("abcdefghijklmnopq"), "not a plain relative path")],
)
def test_what_the_verifier_would_not_take_is_not_sent(huggingface, folder, name, says) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("x")
    with pytest.raises(ProjectError, match=f"{says}, so that verification would not take it"):
        hub.upload(folder, REPO)
    assert not huggingface.calls


def test_weights_are_no_credentials(tmp_path) -> None:
    (tmp_path / "weights.bin").write_bytes(os.urandom(8_000_000))
    assert credentials.find_by_content(tmp_path / "weights.bin", {}) is None
    for name in ("tokenizer.json", "policy.py", "keys.npz", "model/environment.yaml", "token_embedding.npy", "LICENSE"):
        assert credentials.find_by_name(name) is None
