"""Uploading, deploying and committing, with the real SDKs against servers that speak the services' wire."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kinitro.chain import Wallet, connect
from kinitro.chain.commitments import InvalidCommitment, decode
from kinitro.chain.local import LocalChain
from kinitro.errors import ConfigurationError
from kinitro.miner import basilica, hub
from kinitro.miner.deployment import MEMORY_FILE, Order, deploy_all, plan
from kinitro.miner.errors import DeploymentFailed, ProjectError, ServiceError
from kinitro.miner.projects import create_project
from tests.fakes.policy_servers import POLICY, running_policies, running_project
from tests.standin.basilica import Basilica
from tests.standin.hub import Hub

HUB_TOKEN, BASILICA_TOKEN = "hf_secret", "basilica_secret"
REPO = "someone/my-policy"
REVISION = "0123456789abcdef0123456789abcdef01234567"
MACHINE = basilica.Machine()


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("deployment") / "my-policy"
    create_project(directory)
    (directory / "weights.npz").write_bytes(np.random.default_rng(0).bytes(50_000))
    return directory


@pytest.fixture
def folder(project, tmp_path) -> Path:
    shutil.copytree(project, tmp_path / "my-policy")
    return tmp_path / "my-policy"


@pytest.fixture(scope="module")
def policy_url(project) -> Iterator[str]:
    with running_project(project) as url:
        yield url


@pytest.fixture
def huggingface(monkeypatch) -> Iterator[Hub]:
    with Hub(HUB_TOKEN) as standin:
        monkeypatch.setenv("HF_ENDPOINT", standin.url)
        monkeypatch.setenv("HF_TOKEN", HUB_TOKEN)
        monkeypatch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        yield standin


@pytest.fixture
def cloud(monkeypatch, policy_url) -> Iterator[Basilica]:
    with Basilica(BASILICA_TOKEN, served_at=policy_url) as standin:
        monkeypatch.setenv("BASILICA_API_URL", standin.url)
        monkeypatch.setenv("BASILICA_API_TOKEN", BASILICA_TOKEN)
        yield standin


def push(report=lambda _: None, timeout_s: float = 10.0, **more):
    return basilica.deploy(
        REPO, REVISION, MACHINE, timeout_s=timeout_s, report=report, allow_private=True, poll_interval_s=0.02, **more
    )


# upload


def test_a_folder_becomes_a_full_revision(huggingface, folder) -> None:
    (folder / ".env").write_text("SECRET=1")
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "x.pyc").write_bytes(b"x")
    revision = hub.upload(folder, REPO)
    uploaded = huggingface.commits[REPO, revision]
    assert uploaded["weights.npz"] == (folder / "weights.npz").read_bytes()
    assert uploaded["policy.py"] == (folder / "policy.py").read_bytes()
    assert set(uploaded) == set(hub.uploaded_files(folder))
    assert not {".env", "__pycache__/x.pyc"} & set(uploaded)
    assert hub.check_public(REPO, revision) == sum(map(len, uploaded.values()))
    assert not any("authorization" in call.headers for call in huggingface.calls if call.method == "GET")


@pytest.mark.parametrize(
    ("part", "status", "says"),
    [
        ("repos/create", 401, "HF_TOKEN is not valid"),
        ("repos/create", 403, "may not write"),
        ("preupload", 404, "no such repository"),
        ("commit", 409, "somebody else"),
        ("commit", 429, "too many requests"),
        ("commit", 500, "status 500"),
        ("preupload", 0, "not there"),
        ("commit", 0, "not there"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(huggingface, folder, monkeypatch, part, status, says) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own patience
    huggingface.failures["POST", part] = status
    with pytest.raises(ServiceError, match=says) as caught:
        hub.upload(folder, REPO)
    assert HUB_TOKEN not in str(caught.value)
    assert not huggingface.commits
    huggingface.failures.clear()
    assert hub.upload(folder, REPO) == huggingface.heads[REPO]


def test_an_upload_that_stops_half_way_leaves_nothing(huggingface, folder, monkeypatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    huggingface.large_suffixes = (".npz",)
    with pytest.raises(ServiceError):
        hub.upload(folder, REPO)
    assert not huggingface.commits


def test_no_hub_at_all(monkeypatch, folder) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setenv("HF_TOKEN", HUB_TOKEN)
    with pytest.raises(ServiceError, match="not there"):
        hub.upload(folder, REPO)


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


def test_a_revision_that_others_cannot_download(huggingface, folder) -> None:
    hub.upload(folder, REPO)
    with pytest.raises(ServiceError, match="no such repository or revision"):
        hub.check_public(REPO, REVISION)


# deploy


def test_a_deployment_is_followed_until_it_answers(cloud, policy_url) -> None:
    lines: list[str] = []
    deployed = push(lines.append)
    assert deployed == basilica.Deployed("my-policy-01234567", policy_url)
    assert [phase for phase in cloud.phases if any(phase in line for line in lines)] == cloud.phases
    request = cloud.requests[deployed.name]
    assert request["env"] == {"POLICY_REPO": REPO, "POLICY_REVISION": REVISION}
    assert not any("secret" in call.body.decode() for call in cloud.calls)
    assert push() == deployed, "a second try finds the first"
    assert not cloud.deleted


def test_gpus_are_asked_for(cloud) -> None:
    basilica.deploy(
        REPO, REVISION, basilica.Machine(2, 24, memory="16Gi"), allow_private=True, poll_interval_s=0.02, timeout_s=10
    )
    resources = cloud.requests["my-policy-01234567"]["resources"]
    assert resources["gpus"]["count"] == 2
    assert resources["gpus"]["minGpuMemoryGb"] == 24
    assert resources["memory"] == "16Gi"


def test_a_failed_deployment_shows_its_log_and_is_deleted(cloud) -> None:
    cloud.phases, cloud.message = ["pending", "failed"], "CrashLoopBackOff"
    cloud.log = "Traceback\nOSError: no weights"
    lines: list[str] = []
    with pytest.raises(DeploymentFailed, match="CrashLoopBackOff"):
        push(lines.append)
    assert "| OSError: no weights" in lines
    assert cloud.deleted == ["my-policy-01234567"]


def test_a_server_that_never_answers_is_deleted(cloud) -> None:
    cloud.served_at = "http://127.0.0.1:1"
    with pytest.raises(DeploymentFailed, match="No connection"):
        push(timeout_s=0.5)
    assert cloud.deleted


def test_a_deployment_that_hangs_is_deleted(cloud) -> None:
    cloud.phases = ["pulling"]
    with pytest.raises(DeploymentFailed, match="still pulling"):
        push(timeout_s=0.5)
    assert cloud.deleted


def test_ctrl_c_leaves_nothing_behind(cloud) -> None:
    def interrupt(line: str) -> None:
        if "pulling" in line:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        push(interrupt)
    assert cloud.deleted


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "BASILICA_API_TOKEN is not valid"),
        (403, "BASILICA_API_TOKEN is not valid or may not"),
        (404, "could not be deployed"),
        (409, "could not be deployed"),
        (429, "could not be deployed"),
        (500, "could not be deployed"),
        (0, "not there"),
    ],
)
def test_what_basilica_refuses_is_one_sentence(cloud, status, says) -> None:
    cloud.failures["POST", "/deployments"] = status
    with pytest.raises(ServiceError, match=says) as caught:
        push()
    assert BASILICA_TOKEN not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_deployment_that_cannot_be_followed_is_deleted(cloud) -> None:
    cloud.failures["GET", "/deployments/"] = 500
    with pytest.raises(ServiceError, match="could not be followed"):
        push()
    assert cloud.deleted


def test_bad_names_and_missing_tokens(cloud, monkeypatch) -> None:
    for name in ("Policy", "1policy", "a_b", "x" * 60, "a-"):
        with pytest.raises(ConfigurationError, match="--name"):
            push(name=name)
    monkeypatch.delenv("BASILICA_API_TOKEN")
    with pytest.raises(ConfigurationError, match="BASILICA_API_TOKEN is not set"):
        push()
    assert not cloud.calls
    assert basilica.deployment_name("me/100%_Best.Policy", REVISION) == "policy-100-best-policy-01234567"


# all in one


@pytest.fixture
def chain_url(empty_database, monkeypatch) -> str:
    async def prepare() -> None:
        chain = await LocalChain.create(empty_database, 26, block_time_s=0.05)
        await chain.register(26, Wallet("default", "default"))
        await chain.close()

    asyncio.run(prepare())
    monkeypatch.setenv("KINITRO_LOCAL_CHAIN_URL", empty_database)
    return empty_database


def order(folder: Path, **more) -> Order:
    return Order(
        folder, REPO, MACHINE, 26, "local-dev", Wallet("default", "default"), timeout_s=20, allow_private=True, **more
    )


def committed() -> object:
    async def read() -> object:
        chain = await connect("local-dev")
        try:
            hotkey = await chain.hotkey_address(Wallet("default", "default"))
            head = await chain.head()
            raw = (await chain.snapshot(26, head.number)).commitments.get(hotkey)
            return raw and decode(raw.data)
        finally:
            await chain.close()

    return asyncio.run(read())


def test_from_a_folder_to_a_commitment_and_again(huggingface, cloud, chain_url, folder, monkeypatch) -> None:
    monkeypatch.setattr(basilica, "POLL_INTERVAL_S", 0.02)
    lines: list[str] = []
    huggingface_calls = lambda: len([call for call in huggingface.calls if call.method == "POST"])  # noqa: E731

    cloud.failures["POST", "/deployments"] = 500
    with pytest.raises(ServiceError):
        deploy_all(order(folder), lines.append)
    uploads = huggingface_calls()
    cloud.failures.clear()

    block = deploy_all(order(folder), lines.append)
    assert huggingface_calls() == uploads, "the upload was remembered"
    commitment = committed()
    assert commitment.repo == REPO
    assert commitment.revision == huggingface.heads[REPO]
    assert commitment.endpoint == cloud.served_at
    assert deploy_all(order(folder), lines.append) == block, "nothing is committed twice"
    assert len(cloud.requests) == 1

    remembered = (folder / MEMORY_FILE).read_text()
    assert "secret" not in remembered + "".join(lines)
    (folder / "policy.py").write_text((folder / "policy.py").read_text() + "\n# better\n")
    assert deploy_all(order(folder), lines.append) > block
    assert committed().revision == huggingface.heads[REPO] != commitment.revision


def test_a_dry_run_changes_nothing(huggingface, cloud, chain_url, folder) -> None:
    steps = plan(order(folder))
    assert [step.split()[0] for step in steps] == ["Upload", "Deploy", "Check", "Commit"]
    assert not huggingface.calls
    assert not cloud.calls
    assert committed() is None
    assert not (folder / MEMORY_FILE).exists()


def test_a_server_that_does_not_conform_is_not_committed(huggingface, cloud, chain_url, folder, tmp_path) -> None:
    cloud.phases = ["ready"]
    crashing = POLICY.replace("return self.random", "raise RuntimeError('no CUDA'); return self.random")
    with running_policies(tmp_path, {"crashing": crashing}) as urls:
        cloud.served_at = urls["crashing"]
        with pytest.raises(DeploymentFailed, match="does not pass environments"):
            deploy_all(order(folder, name="mine"), lambda _: None)
    assert committed() is None
    assert not cloud.deleted, "it is left running, to be looked at"


def test_the_commands(huggingface, cloud, folder) -> None:
    def kinitro(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "kinitro", *arguments], capture_output=True, text=True, env=os.environ, timeout=120
        )

    cloud.phases = ["ready"]
    uploaded = kinitro("upload", str(folder), "--repo", REPO)
    assert uploaded.returncode == 0, uploaded.stderr
    revision = uploaded.stdout.strip()
    assert revision == huggingface.heads[REPO]
    pushed = kinitro(
        *("basilica-push", "--repo", REPO, "--revision", revision, "--gpu-count", "1", "--min-vram", "16"),
        *("--memory", "8Gi", "--timeout", "30", "--allow-private-endpoints"),
    )
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout.strip() == cloud.served_at
    wrong = kinitro("basilica-push", "--repo", REPO, "--revision", "main")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("kinitro: ")
    assert len(wrong.stderr.strip().splitlines()) == 1
    assert "secret" not in "".join(p.stdout + p.stderr for p in (uploaded, pushed, wrong))
