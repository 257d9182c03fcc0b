"""The evaluation image: what goes into it. tests/integration/test_eval_container.py builds it and runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kinitro.errors import ConfigurationError
from kinitro.executor.containers.image import LOCK, find_needed_distributions, find_source_directory, select_pins, stage
from tests.fakes.container_engine import answering_engine
from tests.integration.test_worker_pool import ROOT

RUN_AN_EPISODE = """
import kinitro.executor.containers.server, kinitro.evaluation.worker
from kinitro.environments import fingerprint, make
from kinitro.policies.client import HttpPolicy
environment = make("metaworld/reach-v3")
environment.reset(1)
environment.observe()
print(fingerprint())
"""
ONLY_WHAT_IS_NEEDED = """
import sys
from importlib import metadata
from packaging.utils import canonicalize_name
from kinitro.executor.containers.image import find_needed_distributions

needed = find_needed_distributions() | {"kinitro", "pip", "setuptools"}
owners = {module: {canonicalize_name(name) for name in names} for module, names in
          metadata.packages_distributions().items()}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if owners.get(name) and not owners[name] & needed:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
"""


def test_evaluation_needs_nothing_that_is_not_in_the_image() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONLY_WHAT_IS_NEEDED + RUN_AN_EPISODE],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("mujoco-")


def test_the_image_holds_pinned_packages_and_no_more_than_evaluation_needs() -> None:
    needed = find_needed_distributions()
    assert not needed & {"bittensor", "torch", "psycopg", "affinetes", "docker"}
    pins = select_pins((find_source_directory() / LOCK).read_text(), needed)
    assert all(f"{name}==" in pins.lower().replace("_", "-") for name in needed)
    assert "--hash=sha256:" in pins
    assert "mujoco==3.3.0" in pins


def test_pins_keep_their_hashes_and_miss_nothing() -> None:
    lock = "Ab_c==1 \\\n    --hash=sha256:1\n# comment\nd==2 \\\n    --hash=sha256:2 \\\n    --hash=sha256:3\n"
    assert select_pins(lock, {"ab-c"}) == "Ab_c==1 \\\n    --hash=sha256:1\n"
    with pytest.raises(ConfigurationError, match="does not pin e"):
        select_pins(lock, {"d", "e"})


def test_the_context_builds_offline(tmp_path: Path) -> None:
    wheelhouse, context = tmp_path / "wheels", tmp_path / "context"
    wheelhouse.mkdir()
    context.mkdir()
    (wheelhouse / "some.whl").touch()
    stage(context, wheelhouse)
    assert sorted(path.name for path in context.iterdir()) == [
        "Dockerfile",
        "kinitro",
        "requirements.txt",
        "wheelhouse",
    ]
    dockerfile = (context / "Dockerfile").read_text()
    assert "--no-index" in dockerfile
    assert "--require-hashes" in dockerfile
    assert 'affinetes.env.type="function_based"' in dockerfile
    for word in ("apt-get", "curl", "wget", "ADD http"):
        assert word not in dockerfile
    assert not list(context.rglob("__pycache__"))


@pytest.mark.skipif(answering_engine(), reason="a Docker engine answers")
def test_without_an_engine_one_sentence_says_what_to_do(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kinitro", "build-eval-env", "--wheelhouse", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 3
    assert "Docker" in done.stderr
    assert "Traceback" not in done.stderr
