"""Fixtures of the miner's services: a project, and the two services' stand-ins in the environment."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kinitro.miner import basilica
from kinitro.miner import cloud as basilica_cloud
from kinitro.miner.projects import create_project
from tests.fakes.policy_servers import running_project
from tests.standin.basilica import Basilica
from tests.standin.hub import Hub

HUB_TOKEN, READ_TOKEN, BASILICA_TOKEN = "hf_secret", "hf_reader", "basilica_secret"
REPO = "someone/my-policy"
REVISION = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("deployment") / "my-policy"
    create_project(directory)
    (directory / "weights.npz").write_bytes(np.random.default_rng(0).bytes(50_000))
    return directory


@pytest.fixture
def folder(project, tmp_path) -> Path:
    shutil.copytree(project, tmp_path / "my-policy")
    return tmp_path / "my-policy"


@pytest.fixture(scope="session")
def policy_url(project) -> Iterator[str]:
    with running_project(project) as url:
        yield url


@pytest.fixture
def huggingface(monkeypatch) -> Iterator[Hub]:
    with Hub(HUB_TOKEN, READ_TOKEN) as standin:
        monkeypatch.setenv("HF_ENDPOINT", standin.url)
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", standin.url)  # read when it was imported
        monkeypatch.setenv("HF_TOKEN", HUB_TOKEN)
        monkeypatch.setenv("HF_READ_TOKEN", READ_TOKEN)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
        yield standin


@pytest.fixture
def cloud(monkeypatch, policy_url) -> Iterator[Basilica]:
    with Basilica(BASILICA_TOKEN, served_at=policy_url) as standin:
        monkeypatch.setenv("BASILICA_API_URL", standin.url)
        monkeypatch.setenv("BASILICA_API_TOKEN", BASILICA_TOKEN)
        monkeypatch.setattr(basilica_cloud, "RETRY_WAIT_S", 0.02)
        monkeypatch.setattr(basilica, "POLL_INTERVAL_S", 0.02)
        yield standin
