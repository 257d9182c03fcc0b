"""The templates that need PyTorch and LeRobot, in an environment of their own, as a miner has it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kinitro.miner.projects import create_project
from kinitro.policies.probes import make_observations
from tests.fakes.learning import act, conforms, make_dataset
from tests.fakes.policy_servers import outside_environment, running_project

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

TORCH = ("torch==2.10.0", "torchvision==0.25.0")
LEROBOT = "lerobot[dataset,diffusion]==0.6.1"
"""As the template's requirements allow; it needs Python 3.12."""
CHECKOUT = Path(__file__).parents[3]
TRAIN = Path(__file__).with_name("train_tiny_lerobot.py")
ENV_IDS = ("metaworld/reach-v3", "metaworld/drawer-close-v3")


@pytest.fixture(scope="module")
def learner(tmp_path_factory) -> Path:
    """An interpreter with PyTorch and LeRobot: KINITRO_TEST_LEROBOT_PYTHON, or one made here."""
    if named := os.environ.get("KINITRO_TEST_LEROBOT_PYTHON"):
        return Path(named)
    python312 = sys.executable if sys.version_info >= (3, 12) else shutil.which("python3.12")
    if python312 is None or subprocess.run([python312, "--version"], capture_output=True).returncode:
        pytest.skip("LeRobot 0.6 needs Python 3.12, and there is none here")
    folder = tmp_path_factory.mktemp("learner")
    subprocess.run([python312, "-m", "venv", folder], check=True, env=outside_environment())
    python = folder / "bin" / "python"
    _pip(python, "--dry-run", "--report", str(folder / "plan.json"), *TORCH)
    wanted = [package["metadata"]["name"] for package in json.loads((folder / "plan.json").read_text())["install"]]
    if cuda := [name for name in wanted if name.startswith(("nvidia-", "cuda-"))]:
        pytest.skip(f"{TORCH[0]} comes with {len(cuda)} CUDA packages here, several GB")
    _pip(python, *TORCH, LEROBOT, "fastapi", "httptools", "msgspec", "uvicorn")
    return python


def _pip(python: Path, *arguments: str) -> None:
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", *arguments],
        capture_output=True,
        text=True,
        env=outside_environment(),
    )
    if done.returncode:
        pytest.skip(f"pip install {' '.join(arguments[-2:])} fails here: {done.stderr.strip().splitlines()[-1]}")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch) -> None:
    """PyTorch's threads wait for one another where others use the cores too."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> Path:
    """A LeRobot dataset as the command writes it."""
    folder = tmp_path_factory.mktemp("lerobot") / "demos"
    command = ["demos", "--environments", ",".join(ENV_IDS), "--episodes", "2", "--format", "lerobot", "--out"]
    subprocess.run([sys.executable, "-m", "kinitro", *command, folder], check=True)
    return folder


@pytest.mark.parametrize("kind", ["act", "diffusion"])
def test_a_policy_of_lerobot_from_demonstrations_to_an_evaluation(tmp_path, learner, recorded, kind: str) -> None:
    create_project(tmp_path / "p", "lerobot")
    trained = subprocess.run(
        [learner, TRAIN, kind, recorded, tmp_path / "p" / "model"],
        env=outside_environment() | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path / "hf")},
        capture_output=True,
        text=True,
    )
    assert trained.returncode == 0, trained.stderr[-2000:]
    seen = json.loads(trained.stdout.splitlines()[0])
    info = json.loads((recorded / "meta" / "info.json").read_text())
    assert seen["frames"] == info["total_frames"]
    assert seen["episodes"] == info["total_episodes"] == 2 * len(ENV_IDS)
    assert seen["first"]["observation.images.gripper"] == [3, 84, 84]
    assert len(seen["tasks"]) == len(ENV_IDS)
    with running_project(tmp_path / "p", learner) as url:
        conforms(url)
        chunk = 8 if kind == "act" else 1
        assert asyncio.run(act(url, make_observations(3))).shape == (3 * chunk, 4)
        evaluated = tmp_path / "result.json"
        command = ["evaluate", url, "--environments", ENV_IDS[1], "--episodes", "2", "--workers", "1"]
        subprocess.run([sys.executable, "-m", "kinitro", *command, "--json", evaluated], check=True)
    assert json.loads(evaluated.read_text())["environments"][0]["policy_faults"] == 0


def test_the_torch_policy_learns_and_is_served(tmp_path, learner) -> None:
    create_project(tmp_path / "p", "torch")
    make_dataset(tmp_path / "demos")
    trained = subprocess.run(
        [learner, "train.py", tmp_path / "demos", "--steps", "150", "--batch-size", "32"],
        cwd=tmp_path / "p",
        env=outside_environment(),
        capture_output=True,
        text=True,
    )
    assert trained.returncode == 0, trained.stderr[-2000:]
    with running_project(tmp_path / "p", learner) as url:
        conforms(url)
        chunks = asyncio.run(act(url, make_observations(40, seed=0)[:5])).reshape(5, 4, 4)
    file = next(iter(sorted((tmp_path / "demos" / "episodes").glob("*/*.npz"))))
    with np.load(file) as demonstration:
        assert np.abs(chunks[:, 0] - demonstration["action"][:5]).mean() < 0.2


SHORTENED = {
    "kinitro ": "python -m kinitro ",
    "pip install": "true",
    "--template baseline": "--template baseline && rm -f my-policy/{perception.onnx,control.npz,card.json}",
    "collect.py": "collect.py --rounds 2 --workers 1 --randomization standard",
    "train.py": "train.py --steps 6 --threads 1 --validate-every 3",
    "distill.py": "distill.py --rounds 1 --episodes 1 --examine 1 --randomization standard",
    "card.py --episodes 20": "card.py --episodes 1 --blinded-episodes 0 --randomization none --workers 1",
    "evaluate .": "evaluate . --episodes 1 --workers 1 --max-steps 60 --environments metaworld/drawer-close-v3",
}
"""What differs from the guide: less of everything."""


def test_the_baseline_from_an_empty_folder_by_the_guides_commands(tmp_path, learner) -> None:
    guide = (CHECKOUT / "docs" / "miner-guide.md").read_text()
    section = guide.partition("### Or begin with the baseline")[2]
    script = "set -e\n" + section.partition("```shell\n")[2].partition("```")[0]
    assert script.count("python ") == 4
    for written, run in SHORTENED.items():
        assert written in script
        script = script.replace(written, run)
    packages = subprocess.run(
        [sys.executable, "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    done = subprocess.run(
        ["bash", "-c", f'python() {{ "{learner}" "$@"; }}\n{script}'],
        cwd=tmp_path,
        # Kinitro and what it needs come from here, PyTorch from the learner
        env=os.environ | {"PYTHONPATH": f"{CHECKOUT}:{packages}"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    project = tmp_path / "my-policy"
    assert (project / "train.png").stat().st_size > 10_000
    assert (project / "train.csv").read_text().count("\n") == 3, "a head and two validations"
    assert "| **all** |" in (project / "MODEL_CARD.md").read_text()
    with running_project(project, learner) as url:
        conforms(url)
        assert asyncio.run(act(url, make_observations(3))).any()
