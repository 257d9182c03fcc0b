"""The other templates, as far as they run without PyTorch."""

from __future__ import annotations

import asyncio
import shutil
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner
from websockets.sync.server import Server, ServerConnection, serve

from kinitro.cli import build_app
from kinitro.local import miners
from kinitro.miner import projects
from kinitro.miner.errors import ProjectError
from kinitro.miner.projects import TEMPLATE_DIRECTORY, TEMPLATES, create_project
from kinitro.policies.errors import PolicyMisbehaved
from kinitro.policies.probes import make_observations
from tests.fakes.learning import act, conforms, make_dataset
from tests.fakes.policy_servers import outside_environment, running_project


@pytest.mark.parametrize("template", TEMPLATES)
def test_each_template_is_a_complete_project(tmp_path, template: str) -> None:
    result = CliRunner().invoke(build_app(), ["init-miner", str(tmp_path / "p"), "--template", template])
    assert result.exit_code == 0, result.output
    names = {path.name for path in (tmp_path / "p").iterdir()}
    assert {"policy.py", "server.py", "protocol.py", "requirements.txt", "Dockerfile", "README.md", "tests"} <= names
    for file in (tmp_path / "p").glob("*.py"):
        compile(file.read_text(), file, "exec")


def test_an_unknown_template_is_named(tmp_path) -> None:
    with pytest.raises(ProjectError, match="random, numpy, baseline, torch, lerobot, openpi"):
        create_project(tmp_path / "p", "jax")
    assert not list(tmp_path.iterdir())


def test_the_numpy_policy_learns_from_a_dataset(tmp_path) -> None:
    create_project(tmp_path / "p", "numpy")
    make_dataset(tmp_path / "demos")
    trained = subprocess.run(
        [sys.executable, "train.py", str(tmp_path / "demos")],
        cwd=tmp_path / "p",
        env=outside_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "80 steps" in trained.stdout
    with running_project(tmp_path / "p") as url:
        conforms(url)
        episode = next(iter(sorted((tmp_path / "demos" / "episodes").glob("*/*.npz"))))
        with np.load(episode) as demonstration:
            expected = demonstration["action"][:5]
        actions = asyncio.run(act(url, make_observations(40, seed=0)[:5]))
        assert np.abs(actions - expected).mean() < 0.2


def pack(array: np.ndarray) -> dict[bytes, object]:
    return {b"__ndarray__": True, b"data": array.tobytes(), b"dtype": array.dtype.str, b"shape": array.shape}


class OpenPi:
    """A websocket server that speaks openpi's wire; its actions repeat the state it was sent."""

    def __init__(self, port: int = 0) -> None:
        self.prompts: set[str] = set()
        self.broken = False
        self.compiles_s = 0.0
        """How long the first answer takes, in which JAX compiles the model."""
        self._compiled = False
        self._server: Server = serve(self._converse, "127.0.0.1", port, compression=None, max_size=None)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _converse(self, connection: ServerConnection) -> None:
        connection.send(msgspec.msgpack.encode({"model": "pi0"}))
        for message in connection:
            seen = msgspec.msgpack.decode(message)
            assert set(seen) == {"observation/image", "observation/wrist_image", "observation/state", "prompt"}
            assert seen["observation/image"][b"shape"] == [84, 84, 3]
            self.prompts.add(seen["prompt"])
            if not self._compiled:
                time.sleep(self.compiles_s)
                self._compiled = True
            if self.broken:
                connection.send("Traceback: CUDA out of memory")
                return
            state = np.frombuffer(seen["observation/state"][b"data"], "<f4")
            chunk = np.tile(np.append(state, (9.0, 9.0, 9.0)), (10, 1)).astype(np.float32)
            connection.send(msgspec.msgpack.encode({"actions": pack(chunk)}))

    def stop(self) -> None:
        self._server.shutdown()


@pytest.fixture
def openpi(monkeypatch) -> Iterator[OpenPi]:
    server = OpenPi()
    monkeypatch.setenv("OPENPI_URL", server.url)
    yield server
    server.stop()


def test_the_openpi_policy_forwards(tmp_path, openpi) -> None:
    create_project(tmp_path / "p", "openpi")
    with running_project(tmp_path / "p") as url:
        conforms(url)
        observations = make_observations(2)
        actions = asyncio.run(act(url, observations))
        assert actions.shape == (16, 4)
        np.testing.assert_allclose(actions[8], observations[1].agent_pos.clip(-1, 1))
        assert {"warm up", "push the puck to the goal"} <= openpi.prompts
        openpi.broken = True
        with pytest.raises(PolicyMisbehaved, match="CUDA out of memory"):
            asyncio.run(act(url, observations))
        openpi.broken = False
        assert len(asyncio.run(act(url, observations))) == 16, "the connection is made again"


def test_the_openpi_policy_is_warm_before_its_first_episode(tmp_path, openpi) -> None:
    openpi.compiles_s = 1.5
    create_project(tmp_path / "p", "openpi")
    with running_project(tmp_path / "p") as url:  # which waits while /health says "loading"
        assert openpi.prompts == {"warm up"}
        assert asyncio.run(act(url, make_observations(1))).shape == (8, 4)


def test_the_openpi_policy_says_what_the_warm_up_met(tmp_path, openpi) -> None:
    openpi.broken = True
    create_project(tmp_path / "p", "openpi")
    with (
        running_project(tmp_path / "p") as url,
        pytest.raises(PolicyMisbehaved, match=r"status 'failed'.*CUDA out of memory"),
    ):
        asyncio.run(act(url, make_observations(1)))


def test_the_openpi_policy_waits_for_a_server_that_starts_later(tmp_path, monkeypatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("OPENPI_URL", f"ws://127.0.0.1:{port}")
    create_project(tmp_path / "p", "openpi")
    later = threading.Timer(2.0, lambda: servers.append(OpenPi(port)))
    servers: list[OpenPi] = []
    later.start()
    try:
        with running_project(tmp_path / "p") as url:
            assert asyncio.run(act(url, make_observations(1))).shape == (8, 4)
    finally:
        later.join()
        servers[0].stop()


def test_a_server_that_still_loads_can_be_stopped(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("OPENPI_URL", "ws://127.0.0.1:1")
    create_project(tmp_path / "p", "openpi")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "server:app", "--port", str(port)]
    process = subprocess.Popen(command, cwd=tmp_path / "p", env=outside_environment(), stderr=subprocess.PIPE)
    assert process.stderr is not None
    for line in process.stderr:
        if b"There is no openpi server" in line:
            break
    process.terminate()
    assert process.wait(60) in (0, -15)
    process.stderr.close()


@pytest.mark.parametrize("template", ["random", "numpy"])
def test_a_read_only_installation_makes_projects_that_can_be_changed(tmp_path, monkeypatch, template: str) -> None:
    installed = tmp_path / "installed"
    shutil.copytree(TEMPLATE_DIRECTORY.parent, installed)
    for path in [installed, *installed.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    monkeypatch.setattr(projects, "TEMPLATE_DIRECTORY", installed / "template")
    monkeypatch.setattr(projects, "_VARIANTS", installed / "variants")
    create_project(tmp_path / "p", template)
    miners.write_policy_directory(miners.DEMO_MINERS[2], tmp_path / "demo")
    written = [path for parent in ("p", "demo") for path in (tmp_path / parent).rglob("*")]
    assert len(written) > 20
    for path in written:
        assert path.stat().st_mode & stat.S_IWUSR, path
    for path in [installed, *installed.rglob("*")]:
        path.chmod(0o755)
