"""A project in a virtual environment that holds its own requirements and nothing else, installed from the registry."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinitro.local.ports import free_ports
from kinitro.miner.projects import create_project
from tests.fakes.learning import conforms
from tests.fakes.policy_servers import outside_environment, wait_until_up

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("outside") / "my-policy"
    create_project(directory)
    return directory


@pytest.fixture(scope="module")
def binaries(project) -> Path:
    """Of an environment after `pip install -r requirements.txt`."""
    folder = project.parent / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, env=outside_environment())
    subprocess.run(
        [folder / "bin" / "pip", "install", "--quiet", "-r", "requirements.txt"],
        cwd=project,
        check=True,
        env=outside_environment(),
    )
    return folder / "bin"


@pytest.fixture
def served(project, binaries) -> Iterator[str]:
    """`uvicorn server:app --port PORT`, as the guide says."""
    [port] = free_ports(1)
    environment = outside_environment() | {"PATH": f"{binaries}:{os.environ['PATH']}"}
    process = subprocess.Popen(["uvicorn", "server:app", "--port", str(port)], cwd=project, env=environment)
    try:
        wait_until_up(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        assert process.wait(10) is not None


def test_it_serves_and_conforms(served) -> None:
    conforms(served)


def test_its_tests_pass(project, binaries) -> None:
    subprocess.run([binaries / "pip", "install", "--quiet", "pytest"], check=True, env=outside_environment())
    done = subprocess.run(
        [binaries / "python", "-m", "pytest", "-q"],
        cwd=project,
        env=outside_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    found = subprocess.run(
        [binaries / "python", "-c", "import kinitro"], cwd=project, env=outside_environment(), capture_output=True
    )
    assert found.returncode != 0, "there is no Kinitro there"
