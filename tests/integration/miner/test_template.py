"""The project that `kinitro init-miner` writes, run the way a miner runs it: outside the checkout."""

from __future__ import annotations

import ast
import asyncio
import importlib.util
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import bittensor_core
import numpy as np
import pytest

from kinitro.environments.interface import Observation
from kinitro.miner.errors import ProjectError
from kinitro.miner.projects import TEMPLATE_DIRECTORY, create_project
from kinitro.policies.client import HttpPolicy, Signer
from kinitro.policies.codecs import JSON, MSGPACK
from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.messages import TaskConfig
from kinitro.policies.signing import RequestSigner
from tests.fakes.policy_servers import POLICY, outside_environment, running_policies, running_project

OBSERVATION = Observation(
    np.array([0.0, 0.6, 0.2, 1.0], np.float32), {c: np.zeros((84, 84, 3), np.uint8) for c in ("corner", "gripper")}
)

OWN_MODULES = {"authentication", "images", "policy", "protocol"}
ALICE = bittensor_core.Keypair.create_from_uri("//Alice")
MALLORY = bittensor_core.Keypair.create_from_uri("//Mallory")
MINER = bittensor_core.Keypair.create_from_uri("//Bob").ss58_address


def task(episode_id: str) -> TaskConfig:
    return TaskConfig("metaworld/push-v3", "push", "push it", episode_id, 500, 80.0, ("corner", "gripper"), (84, 84))


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("miner") / "my-policy"
    create_project(directory)
    return directory


@pytest.fixture(scope="module")
def server(project) -> Iterator[str]:
    with running_project(project) as url:
        yield url


async def test_it_speaks_both_encodings(server) -> None:
    policy = HttpPolicy(server, allow_private=True)
    await policy.reset(task("json"))
    by_json = await policy.act("json", 0, OBSERVATION)
    health = await policy.health()
    assert health.encodings == ("json", "msgpack")
    assert health.max_concurrent_episodes > 1
    await policy.reset(task("json"))
    np.testing.assert_array_equal(await policy.act("json", 0, OBSERVATION), by_json)
    await policy.close()


async def test_an_evaluator_from_before_robots_were_described_is_served(server) -> None:
    old = json.loads(JSON.encode_reset(task("old")))
    for name in ("robot", "proprioception", "action", "image_sizes"):
        del old["task_config"][name]
    policy = HttpPolicy(server, allow_private=True)
    await policy.send("/reset", "application/json", json.dumps(old).encode())
    by_old = await policy.act("old", 0, OBSERVATION)
    assert by_old.shape == (1, 4)
    await policy.reset(task("old"))
    np.testing.assert_array_equal(await policy.act("old", 0, OBSERVATION), by_old)
    await policy.close()


@pytest.mark.parametrize("size", [3, 5])
async def test_an_observation_of_another_robot_is_refused_with_numbers(server, size: int) -> None:
    policy = HttpPolicy(server, allow_private=True)
    await policy.reset(task("other"))
    with pytest.raises(PolicyMisbehaved, match=f"The observation has {size} numbers; /reset described 4"):
        await policy.act("other", 0, Observation(np.zeros(size, np.float32), {}))
    await policy.close()


async def test_episodes_do_not_share_state(server) -> None:
    policy = HttpPolicy(server, allow_private=True)
    await policy.health()

    async def episode(name: str) -> list[list[float]]:
        await policy.reset(task(name))
        return [(await policy.act(name, step, OBSERVATION)).tolist() for step in range(20)]

    alone = [await episode(name) for name in "abcdefgh"]
    together = await asyncio.gather(*(episode(name) for name in "abcdefgh"))
    assert list(together) == alone
    assert len({str(actions) for actions in alone}) == 8
    await policy.close()


async def test_an_unknown_episode_is_an_error(server) -> None:
    policy = HttpPolicy(server, allow_private=True)
    with pytest.raises(PolicyMisbehaved, match="call /reset first") as caught:
        await policy.act("never-reset", 0, OBSERVATION)
    assert caught.value.reason == Reason.HTTP_STATUS
    await policy.close()


@pytest.mark.parametrize(
    ("path", "content_type", "body"),
    [
        ("/reset", "application/json", b"{"),
        ("/reset", "application/json", b'{"task_config": {}}'),
        ("/act", "application/msgpack", b"\xc1"),
        ("/act", "application/json", b'{"episode_id": "x", "step": 0, "observation": []}'),
        ("/act", "application/json", b'{"episode_id": "x", "step": 0, "observation": [0, 0, 0, 0], "images": '
         b'{"corner": {"shape": [1000, 1000, 3], "dtype": "uint8", "data": "AAAA"}}}'),
        ("/act", "application/json", b"[" * 100_000),
        ("/act", "application/json", b" " * 5_000_000),
    ],
)  # fmt: skip
def test_garbage_is_answered_with_400(server, path, content_type, body) -> None:
    request = urllib.request.Request(server + path, data=body, headers={"content-type": content_type})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    with caught.value as error:
        assert error.code == 400
        assert json.load(error)["detail"]


def test_an_encoding_that_the_protocol_does_not_have_is_named(server) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/cbor"):
        request = urllib.request.Request(f"{server}/reset", data=b"{}", headers={"content-type": content_type})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)
        with caught.value as error:
            assert error.code == 415
            assert json.load(error)["detail"] == (
                f"The content type is {content_type!r}; send application/json or application/msgpack."
            )


@pytest.mark.parametrize("content_type", ["application/vnd.msgpack", "application/x-msgpack"])
async def test_other_names_of_msgpack_are_understood(server, content_type: str) -> None:
    policy = HttpPolicy(server, allow_private=True)
    body = MSGPACK.encode_reset(task("by another name"))
    answered = MSGPACK.decode_reset(await policy.send("/reset", content_type, body))
    assert answered == "by another name"
    await policy.close()


async def test_a_stranger_s_resets_end_no_episode_that_is_in_use(server) -> None:
    evaluator, stranger = (HttpPolicy(server, allow_private=True) for _ in range(2))
    limit = (await evaluator.health()).max_concurrent_episodes
    await evaluator.reset(task("mine"))
    await evaluator.act("mine", 0, OBSERVATION)
    for number in range(8 * limit):
        await stranger.reset(task(f"stranger's {number}"))
    assert (await evaluator.act("mine", 1, OBSERVATION)).shape == (1, 4)
    for policy in (evaluator, stranger):
        await policy.close()


async def test_more_episodes_than_any_evaluator_begins_are_refused_with_429(tmp_path) -> None:
    hermit = POLICY.replace("max_concurrent_episodes = 4", "max_concurrent_episodes = 1")
    with running_policies(tmp_path, {"hermit": hermit}) as urls:
        policy = HttpPolicy(urls["hermit"], allow_private=True)
        await policy.reset(task("mine"))
        for number in range(63):
            await policy.reset(task(str(number)))
        with pytest.raises(PolicyMisbehaved, match=r"429.*episodes were used within the last"):
            await policy.reset(task("one too many"))
        assert (await policy.act("mine", 0, OBSERVATION)).shape == (1, 4)
        await policy.close()


async def test_idle_episodes_make_room(monkeypatch) -> None:
    monkeypatch.syspath_prepend(TEMPLATE_DIRECTORY)
    spec = importlib.util.spec_from_file_location("template_server", TEMPLATE_DIRECTORY / "server.py")
    assert spec is not None
    assert spec.loader is not None
    for name in OWN_MODULES:
        monkeypatch.delitem(sys.modules, name, raising=False)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "IDLE_S", 0.0)
    for number in range(3 * module.EPISODES_KEPT):
        await module.server.reset("application/json", JSON.encode_reset(task(str(number))))
    assert len(module.server.episodes) == module.EPISODES_KEPT
    assert str(3 * module.EPISODES_KEPT - 1) in module.server.episodes
    for name in OWN_MODULES:
        sys.modules.pop(name, None)


async def test_it_can_serve_named_evaluators_only(project, monkeypatch) -> None:
    monkeypatch.setenv("KINITRO_EVALUATORS", ALICE.ss58_address)
    monkeypatch.setenv("KINITRO_HOTKEY", MINER)
    replayed = RequestSigner(ALICE, MINER)("POST", "/reset", JSON.encode_reset(task("r")))
    signer = RequestSigner(ALICE, MINER)
    callers: list[tuple[Signer | None, str]] = [
        (None, "not signed"),
        (RequestSigner(MALLORY, MINER), "may not call"),
        (RequestSigner(ALICE), "signed for None"),
        (RequestSigner(ALICE, MALLORY.ss58_address), "signed for"),
        (lambda method, path, body: signer(method, path, b"other"), "does not belong"),
        (lambda method, path, body: {**signer(method, path, body), "x-bittensor-nonce": "1"}, "too old"),
        (lambda method, path, body: {**signer(method, path, body), "x-bittensor-signature": "0xzz"}, "does not belong"),
    ]
    with running_project(project) as url:
        for caller, why in callers:
            policy = HttpPolicy(url, allow_private=True, signer=caller)
            await policy.health()  # open to everybody
            with pytest.raises(PolicyMisbehaved, match=f"401.*{why}"):
                await policy.reset(task("a"))
            await policy.close()
        policy = HttpPolicy(url, allow_private=True, signer=signer)
        await policy.reset(task("a"))
        assert (await policy.act("a", 0, OBSERVATION)).shape == (1, 4)
        await policy.close()
        policy = HttpPolicy(url, allow_private=True, signer=lambda *_: replayed)
        await policy.reset(task("r"))
        with pytest.raises(PolicyMisbehaved, match="sent before"):
            await policy.reset(task("r"))
        await policy.close()


def test_a_gate_that_could_let_nobody_in_ends_the_server_with_a_sentence(project) -> None:
    code = "import sys; sys.modules['bittensor_core'] = None; import server"
    for setting, expected in ((ALICE.ss58_address, "pip install bittensor-core"), ("", "")):
        environment = outside_environment() | {"KINITRO_EVALUATORS": setting}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=project, env=environment, capture_output=True, text=True
        )
        assert done.returncode == bool(setting)
        assert expected in done.stderr
        assert "Traceback" not in done.stderr


def test_its_own_tests_pass(project) -> None:
    environment = outside_environment() | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # a miner has not our plugins
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=project, env=environment, check=True
    )


def test_it_imports_only_its_own_requirements(project) -> None:
    required = {re.split("[<>=]", line)[0] for line in (project / "requirements.txt").read_text().split()}
    for file in project.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            tops = {name.partition(".")[0] for name in names}
            assert tops <= required | OWN_MODULES | {"bittensor_core"} | sys.stdlib_module_names, file


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ProjectError, match="not empty"):
        create_project(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_used(tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    create_project(tmp_path / "empty")
    assert (tmp_path / "empty" / "policy.py").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"empty"}
