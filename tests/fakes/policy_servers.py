"""Policy servers from the miner's template, as processes of their own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import types
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from fastapi import FastAPI

from kinitro.miner.projects import TEMPLATE_DIRECTORY

POLICY = """
import asyncio, time
import numpy as np

class RobotPolicy:
    max_concurrent_episodes = 4
    max_chunk = 1

    @classmethod
    def load(cls):
        pass

    async def reset(self, task_config):
        self.random = np.random.default_rng(list(task_config["episode_id"].encode()))
        return task_config["episode_id"]

    async def act(self, observation, images):
        return self.random.uniform(-1, 1, 4)
"""
"""A conforming policy, to be broken in one place by a test."""

SERVE = """
import socket, sys, uvicorn
app, fd = sys.argv[1:]
config = uvicorn.Config(app, log_level="critical", factory=app.endswith("app_of_many"))
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(fd))])
"""
"""`uvicorn --fd` takes every socket for a Unix one and leaves Nagle's algorithm on, which costs 40 ms per answer."""


def outside_environment() -> dict[str, str]:
    """The environment of a process that must not see this checkout."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


@contextlib.contextmanager
def running_project(project: Path, python: str | Path = sys.executable) -> Iterator[str]:
    """The URL of `uvicorn server:app` in the project, with nothing of this checkout on its path."""
    with _uvicorn("server:app", project, outside_environment(), python) as url:
        yield url


@contextlib.contextmanager
def running_policies(directory: Path, policies: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Name -> source of policy.py in; name -> URL of the template's server with it out. All in one process."""
    sources = directory / "policies.json"
    sources.write_text(json.dumps(dict(policies)))
    with _uvicorn("tests.fakes.policy_servers:app_of_many", None, os.environ | {"POLICIES": str(sources)}) as url:
        yield {name: f"{url}/{i}" for i, name in enumerate(policies)}


@contextlib.contextmanager
def _uvicorn(
    app: str, directory: Path | None, environment: Mapping[str, str], python: str | Path = sys.executable
) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        command = [str(python), "-c", SERVE, app, str(listener.fileno())]
        process = subprocess.Popen(command, cwd=directory, env=environment, pass_fds=[listener.fileno()])
    try:
        wait_until_up(process, url)
        yield url
        assert process.poll() is None, "the policy server died"
    finally:
        process.terminate()
        process.wait(10)


def wait_until_up(process: subprocess.Popen[bytes], url: str, limit_s: float = 60.0) -> None:
    """Until /health answers anything but "loading"."""
    limit = time.monotonic() + limit_s
    while time.monotonic() < limit and process.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/health", timeout=limit_s).close()
            return
        except urllib.error.HTTPError as error:
            with error:
                if b"loading" not in error.read():
                    return
        except OSError:
            time.sleep(0.02)
    raise AssertionError(f"the policy server in {process.args!r} did not start")


def app_of_many() -> FastAPI:
    """The template's app once per policy, each below a path of its own."""
    sys.path.insert(0, str(TEMPLATE_DIRECTORY))
    apps = FastAPI()
    sources: dict[str, str] = json.loads(Path(os.environ["POLICIES"]).read_text())
    for i, source in enumerate(sources.values()):
        policy = types.ModuleType("policy")
        exec(source, policy.__dict__)
        sys.modules["policy"] = policy
        spec = importlib.util.spec_from_file_location(f"server_{i}", TEMPLATE_DIRECTORY / "server.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        apps.mount(f"/{i}", module.app)
        apps.router.on_startup.append(module.server.load)
    return apps
