"""From a folder to a commitment, with the real SDKs against servers that speak the services' wire."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kinitro.chain import TransactionRefused, UnknownSubnet, Wallet, connect
from kinitro.chain.commitments import Commitment, decode
from kinitro.chain.local import LocalChain
from kinitro.chain.sealing import BackendKey
from kinitro.errors import ConfigurationError
from kinitro.miner import basilica, hub
from kinitro.miner.deployment import MEMORY_FILE, DeploymentOrder, check, commit, deploy_all, load_signer, plan
from kinitro.miner.errors import DeploymentFailed, ProjectError, ServiceError
from tests.fakes.policy_servers import POLICY, running_policies, running_project
from tests.integration.miner.conftest import BASILICA_TOKEN, HUB_TOKEN, READ_TOKEN, REPO
from tests.standin.rest import Trouble
from tests.standin.wallets import create_wallet

MACHINE = basilica.Machine()
EVALUATOR = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


@pytest.fixture
def chain_url(empty_database, monkeypatch) -> str:
    async def prepare() -> None:
        chain = await LocalChain.create(empty_database, 26, block_time_s=0.05)
        await chain.register(26, Wallet("default", "default"))
        await chain.close()

    asyncio.run(prepare())
    monkeypatch.setenv("KINITRO_LOCAL_CHAIN_URL", empty_database)
    return empty_database


def order(folder: Path, **more) -> DeploymentOrder:
    return DeploymentOrder(
        folder, REPO, MACHINE, 26, "local-dev", Wallet("default", "default"), timeout_s=20, allow_private=True, **more
    )


def hotkey() -> str:
    async def read() -> str:
        chain = await connect("local-dev")
        try:
            return await chain.hotkey_address(Wallet("default", "default"))
        finally:
            await chain.close()

    return asyncio.run(read())


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


def test_from_a_folder_to_a_commitment_and_again(huggingface, cloud, chain_url, folder) -> None:
    lines: list[str] = []
    huggingface_calls = lambda: len([call for call in huggingface.calls if call.method == "POST"])  # noqa: E731

    cloud.failures["POST", "/deployments"] = 500
    with pytest.raises(ServiceError):
        deploy_all(order(folder), lines.append)
    uploads = huggingface_calls()
    cloud.failures.clear()

    assert REPO in huggingface.private
    block = deploy_all(order(folder), lines.append)
    assert REPO not in huggingface.private
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
    with pytest.raises(ProjectError, match=r"public already.*Name a new repository"):
        deploy_all(order(folder), lines.append)
    again = replace(order(folder), repo=f"{REPO}-2")
    assert deploy_all(again, lines.append) > block
    assert committed().revision == huggingface.heads[f"{REPO}-2"] != commitment.revision


def test_a_hosted_policy_is_uploaded_committed_and_published_and_nothing_is_deployed(
    huggingface, cloud, chain_url, folder, monkeypatch
) -> None:
    monkeypatch.delenv("BASILICA_API_TOKEN")
    lines: list[str] = []
    hosted = order(folder, hosted=True)
    assert [step.split()[0] for step in plan(hosted)] == ["Upload", "Commit", "Publish"]
    assert "without an endpoint" in plan(hosted)[1]
    block = deploy_all(hosted, lines.append)
    assert committed() == Commitment(REPO, huggingface.heads[REPO], None)
    assert REPO not in huggingface.private
    assert not cloud.requests
    assert deploy_all(hosted, lines.append) == block, "nothing is committed twice"


def test_nobody_can_download_it_before_the_commitment_is_on_chain(
    huggingface, cloud, chain_url, folder, monkeypatch
) -> None:
    """What a bot that watches the hub sees; and the deployment gets a token that cannot write, and whom it serves."""
    seen: list[bool] = []
    commit = LocalChain.commit

    async def watched(self, *arguments: object) -> int:
        seen.append(REPO in huggingface.private)
        block = await commit(self, *arguments)
        seen.append(REPO in huggingface.private)
        return block

    monkeypatch.setattr(LocalChain, "commit", watched)
    lines: list[str] = []
    deploy_all(order(folder), lines.append)
    assert seen == [True, True], "private until the transaction was included"
    assert hub.check_public(REPO, str(huggingface.heads[REPO]))
    [request] = cloud.requests.values()
    assert request["env"]["POLICY_READ_TOKEN"] == READ_TOKEN
    assert request["env"]["KINITRO_HOTKEY"] == hotkey()
    assert HUB_TOKEN not in str(request)
    assert any("does not name your hotkey" in line for line in lines), "the stand-in's server was not told"


@pytest.mark.parametrize(
    ("token", "says"), [(None, "HF_READ_TOKEN is not set"), (HUB_TOKEN, "are the same token")], ids=["none", "the same"]
)
def test_without_a_token_for_the_deployment_nothing_is_done(
    huggingface, cloud, chain_url, folder, monkeypatch, token, says
) -> None:
    monkeypatch.delenv("HF_READ_TOKEN")
    if token:
        monkeypatch.setenv("HF_READ_TOKEN", token)
    with pytest.raises(ConfigurationError, match=says):
        deploy_all(order(folder), lambda _: None)
    assert not huggingface.calls
    deploy_all(order(folder, public=True), lambda _: None)
    [request] = cloud.requests.values()
    assert "POLICY_READ_TOKEN" not in request["env"]


def test_a_server_that_names_another_hotkey_is_not_committed(
    huggingface, cloud, chain_url, folder, monkeypatch, project
) -> None:
    monkeypatch.setenv("KINITRO_HOTKEY", "5Somebody")
    with running_project(project) as url:
        cloud.served_at = url
        with pytest.raises(DeploymentFailed, match="names the hotkey '5Somebody', and your wallet's is"):
            deploy_all(order(folder), lambda _: None)
        assert committed() is None
    monkeypatch.setenv("KINITRO_HOTKEY", hotkey())
    lines: list[str] = []
    with running_project(project) as url:
        cloud.served_at = url
        deploy_all(order(folder), lines.append)
    assert not any("does not name" in line for line in lines)


def test_a_sealed_endpoint_is_committed_once(huggingface, cloud, chain_url, folder) -> None:
    key = BackendKey.generate()
    sealed = order(folder, backend_key=key.public)
    block = deploy_all(sealed, lambda _: None)
    commitment = committed()
    assert key.open(commitment.endpoint, hotkey()) == cloud.served_at
    assert deploy_all(sealed, lambda _: None) == block, "sealed anew it would be another commitment"
    assert committed() == commitment
    assert deploy_all(order(folder, backend_key=BackendKey.generate().public), lambda _: None) > block


def test_a_dry_run_changes_nothing(huggingface, cloud, chain_url, folder) -> None:
    steps = plan(order(folder))
    assert [step.split()[0] for step in steps] == ["Upload", "Deploy", "Check", "Commit", "Publish"]
    assert not huggingface.calls
    assert not cloud.calls
    assert committed() is None
    assert not (folder / MEMORY_FILE).exists()


def test_a_commitment_from_before_the_registration_does_not_count(chain_url) -> None:
    lines: list[str] = []
    what = Commitment(REPO, "0" * 40, "https://policy.example.com")

    async def run() -> None:
        chain = LocalChain(chain_url)
        first = await commit(order(Path()), what, lines.append)
        await chain.register(26, Wallet("newcomer", "default"), uid=1)
        await chain.register(26, Wallet("default", "default"))
        second = await commit(order(Path()), what, lines.append)
        assert second > first
        assert await commit(order(Path()), what, lines.append) == second
        assert lines[1:] == [f"Committed in block {second}", f"Committed before, in block {second}"]

    asyncio.run(run())


def test_what_is_not_final_yet_is_not_committed_twice(empty_database, monkeypatch) -> None:
    monkeypatch.setenv("KINITRO_LOCAL_CHAIN_URL", empty_database)
    what = Commitment(REPO, "0" * 40, "https://policy.example.com")

    async def run() -> None:
        chain = await LocalChain.create(empty_database, 26, block_time_s=3.0)
        await chain.register(26, Wallet("default", "default"))
        block = await commit(order(Path()), what, lambda _: None)
        assert (await chain.finalized_head()).number < block
        assert await commit(order(Path()), what, lambda _: None) == block

    asyncio.run(run())


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"netuid": 99}, UnknownSubnet, "There is no subnet 99"),
        ({"wallet": Wallet("stranger", "default")}, TransactionRefused, "the hotkey is not registered"),
    ],
)
def test_what_cannot_be_committed_is_not_deployed(huggingface, cloud, chain_url, folder, change, error, says) -> None:
    wrong = replace(order(folder), **change)
    for attempt in (plan, lambda order: deploy_all(order, lambda _: None)):
        with pytest.raises(error, match=says):
            attempt(wrong)
    assert not huggingface.calls
    assert not cloud.calls


def test_a_server_that_does_not_conform_is_not_committed(huggingface, cloud, chain_url, folder, tmp_path) -> None:
    cloud.phases = ["ready"]
    crashing = POLICY.replace("return self.random", "raise RuntimeError('no CUDA'); return self.random")
    with running_policies(tmp_path, {"crashing": crashing}) as urls:
        cloud.served_at = urls["crashing"]
        with pytest.raises(DeploymentFailed, match="does not pass environments"):
            deploy_all(order(folder, name="mine"), lambda _: None)
    assert committed() is None
    assert not cloud.deleted, "it is left running, to be looked at"


def kinitro(*arguments: str | Path, home: Path) -> subprocess.Popen[str]:
    """The command as a process of its own, which finds no file of anybody's."""
    environment = os.environ | {"HOME": str(home), "HF_HOME": str(home / "hf"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "kinitro", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def finished(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def test_the_commands_and_their_secrets(huggingface, cloud, folder, tmp_path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    cloud.phases = ["ready"]
    uploaded = finished(kinitro("upload", folder, "--repo", REPO, home=home))
    assert uploaded.returncode == 0, uploaded.stderr
    revision = uploaded.stdout.strip()
    assert revision == huggingface.heads[REPO]
    assert "is private until you run `kinitro publish`" in uploaded.stderr
    pushed = finished(
        kinitro(
            *("basilica-push", "--repo", REPO, "--revision", revision, "--gpu-count", "1", "--min-vram", "16"),
            *("--memory", "8Gi", "--timeout", "30", "--allow-private-endpoints"),
            home=home,
        )
    )
    assert pushed.returncode == 0, pushed.stderr
    assert pushed.stdout.strip() == cloud.served_at
    published = finished(kinitro("publish", "--repo", REPO, "--revision", revision, home=home))
    assert published.returncode == 0, published.stderr
    assert REPO not in huggingface.private
    for done in (uploaded, pushed, published):
        assert not _secrets(done.stdout + done.stderr)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not [path for path in written if _secrets(path.read_bytes().decode(errors="replace"))]
    for call in (*huggingface.calls, *cloud.calls):
        assert not _secrets(f"{call.path} {call.body.decode(errors='replace')}")


def _secrets(text: str) -> bool:
    return any(token in text for token in (HUB_TOKEN, BASILICA_TOKEN))


STEPS = [
    ("huggingface", "POST", "/commit/", Trouble.SILENCE),
    ("huggingface", "POST", "/commit/", Trouble.LOST),
    ("huggingface", "GET", "/api/models/", Trouble.SILENCE),
    ("cloud", "POST", "/deployments", Trouble.SILENCE),
    ("cloud", "POST", "/deployments", Trouble.LOST),
    ("cloud", "GET", "/deployments/", Trouble.SILENCE),
]
"""Where the command waits for an answer when it is killed."""


def test_killed_at_every_step_it_goes_on_there(huggingface, cloud, chain_url, folder, tmp_path) -> None:
    cloud.phases = ["ready"]
    order = ["miner-deploy", folder, "--repo", REPO, "--netuid", "26", "--network", "local-dev"]
    order += ["--allow-private-endpoints", "--timeout", "60"]
    standins = {"huggingface": huggingface, "cloud": cloud}
    for name, method, part, trouble in STEPS:
        standins[name].failures[method, part] = trouble
        seen = len(standins[name].calls)
        process = kinitro(*order, home=tmp_path)
        wait_for(lambda: any(c.method == method and part in c.path for c in standins[name].calls[seen:]), process)  # noqa: B023
        process.kill()
        finished(process)
        standins[name].failures.clear()
    assert committed() is None
    assert REPO in huggingface.private
    process = kinitro(*order, home=tmp_path)
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Check "):
            break
    process.kill()  # while it checks
    process.communicate()
    assert committed() is None
    assert REPO in huggingface.private
    huggingface.failures["PUT", "/settings"] = Trouble.SILENCE
    process = kinitro(*order, home=tmp_path)
    wait_for(lambda: any(call.method == "PUT" for call in huggingface.calls), process)
    process.kill()  # after the commitment, before the publication
    finished(process)
    assert committed() is not None
    assert REPO in huggingface.private
    huggingface.failures.clear()

    done = finished(kinitro(*order, home=tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Uploaded before" in done.stderr
    assert "Committed before" in done.stderr
    assert REPO not in huggingface.private
    assert "Found deployment" in done.stderr
    assert committed() == Commitment(REPO, str(huggingface.heads[REPO]), cloud.served_at)
    assert len(huggingface.commits) == 1
    assert len(cloud.requests) == 1, "one deployment, whatever was killed when"
    again = finished(kinitro(*order, home=tmp_path))
    assert "Committed before" in again.stderr
    assert again.stdout == done.stdout


def wait_for(reached: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + 60
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_a_server_for_evaluators_only_is_checked_with_the_miners_own_hotkey(project, tmp_path, monkeypatch) -> None:
    own = create_wallet(tmp_path, "miner")
    monkeypatch.setenv("KINITRO_EVALUATORS", f"{EVALUATOR}, {own.hotkey}")
    monkeypatch.setenv("KINITRO_HOTKEY", own.hotkey)
    order = DeploymentOrder(tmp_path, REPO, MACHINE, 26, "local-dev", own.wallet)
    with running_project(project) as url:
        check(url, lambda _: None, public=False, signer=load_signer(order))
        with pytest.raises(DeploymentFailed, match="does not pass environments"):
            check(url, lambda _: None, public=False)
    monkeypatch.delenv("KINITRO_EVALUATORS")
    assert load_signer(order) is None


@pytest.mark.parametrize("state", ["private", "public", "public again, with a token that was revoked"])
def test_the_deployment_downloads_whatever_the_repository_is_by_then(huggingface, folder, tmp_path, state) -> None:
    """The part of its start script that downloads: nothing of the upload has run yet, and the token goes after it."""
    revision = hub.upload(folder, REPO)
    if state != "private":
        hub.publish(REPO, revision)
    download, _, afterwards = basilica.START_SCRIPT.partition("python3 -c '")[2].partition("\n'\n")
    assert afterwards.startswith("exec env -u POLICY_READ_TOKEN sh -ec '")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "HF_ENDPOINT": huggingface.url}
    environment |= {"POLICY_REPO": REPO, "POLICY_REVISION": revision, "HF_HUB_DISABLE_XET": "1"}
    environment |= {"POLICY_READ_TOKEN": "hf_revoked" if "revoked" in state else READ_TOKEN}
    huggingface.calls.clear()
    done = subprocess.run(
        [sys.executable, "-c", download.replace("/tmp/policy", str(tmp_path / "served"))],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "served" / "policy.py").read_bytes() == (folder / "policy.py").read_bytes()
    sent = {call.headers.get("authorization") for call in huggingface.calls}
    assert sent == ({None, f"Bearer {READ_TOKEN}"} if state == "private" else {None})


def test_what_the_upload_installs_finds_no_token_in_its_parents(tmp_path) -> None:
    """`pip install -r requirements.txt` runs code of whatever the upload names."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("pip", "uvicorn"):
        (programs / name).write_text(f"#!/bin/sh\ncat /proc/$PPID/environ /proc/$$/environ >> {tmp_path}/seen\n")
        (programs / name).chmod(0o755)
    afterwards = basilica.START_SCRIPT.partition("python3 -c '")[2].partition("\n'\n")[2]
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "POLICY_READ_TOKEN": READ_TOKEN, "POLICY_REPO": REPO}
    script = "set -e\n" + afterwards.replace("/tmp/policy", str(tmp_path))
    subprocess.run(["sh", "-c", script], env=environment, check=True)
    seen = (tmp_path / "seen").read_text()
    assert REPO in seen
    assert READ_TOKEN not in seen
