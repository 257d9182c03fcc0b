"""The project that `kinitro init-miner` writes, run the way a miner runs it: outside the checkout."""

from __future__ import annotations

import ast
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kinitro.environments.interface import Observation
from kinitro.miner.errors import ProjectError
from kinitro.miner.projects import create_project
from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyMisbehaved, Reason
from kinitro.policies.messages import TaskConfig

OBSERVATION = Observation(
    np.array([0.0, 0.6, 0.2, 1.0], np.float32), {c: np.zeros((84, 84, 3), np.uint8) for c in ("corner", "gripper")}
)


def task(episode_id: str) -> TaskConfig:
    return TaskConfig("metaworld/push-v3", "push", "push it", episode_id, 500, 80.0, ("corner", "gripper"), (84, 84))


def start_server(project: Path) -> tuple[subprocess.Popen[bytes], str]:
    """`uvicorn server:app` in the project, with nothing of this checkout on its path."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "server:app", "--port", str(port), "--log-level", "warning"],
        cwd=project,
        env=environment,
    )
    url = f"http://127.0.0.1:{port}"
    limit = time.monotonic() + 20
    while time.monotonic() < limit and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=1).close()
            return process, url
        except urllib.error.HTTPError as error:  # 503: not ready, or never will be
            with error:
                if json.load(error)["status"] == "failed":
                    return process, url
        except OSError:
            pass
        time.sleep(0.02)
    process.kill()
    raise AssertionError("the policy server did not start")


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("miner") / "my-policy"
    create_project(directory)
    return directory


@pytest.fixture(scope="module")
def server(project) -> Iterator[str]:
    process, url = start_server(project)
    yield url
    process.terminate()
    assert process.wait(10) in (0, -15)


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
        ("/reset", "text/plain", b"{}"),
        ("/act", "application/msgpack", b"\xc1"),
        ("/act", "application/json", b'{"episode_id": "x", "step": 0, "observation": [1]}'),
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


def test_its_own_tests_pass(project) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # a miner has pytest, not our plugins
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
            assert tops <= required | {"policy", "protocol"} | sys.stdlib_module_names, file


def test_mistakes_of_the_policy_are_named(tmp_path) -> None:
    create_project(tmp_path / "p")
    (tmp_path / "p" / "policy.py").write_text(
        "class RobotPolicy:\n"
        "    max_concurrent_episodes = 1\n    max_chunk = 1\n"
        "    @classmethod\n    def load(cls): raise RuntimeError('no weights')\n"
    )
    process, url = start_server(tmp_path / "p")
    try:
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{url}/health", timeout=5)
        with caught.value as error:
            assert error.code == 503
            assert json.load(error)["status"] == "failed"
    finally:
        process.terminate()
        process.wait(10)


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
