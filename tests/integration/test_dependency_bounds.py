"""Every declared bound is true: the lowest versions that resolve, and the newest, in environments of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

CHECKOUT = Path(__file__).parents[2]
TOOLS = ("pytest", "pytest-asyncio", "pytest-timeout", "hypothesis", "schemathesis")
"""What the tests below need besides Kinitro's own dependencies."""
TRIED = (
    *("tests/unit/test_cli.py", "tests/unit/test_settings.py", "tests/unit/test_commitments.py"),
    *("tests/unit/test_sealing.py", "tests/unit/test_episode.py", "tests/integration/test_commitment_commands.py"),
    *("tests/integration/database/test_api.py", "tests/integration/miner/test_basilica.py"),
    *("tests/integration/miner/test_upload.py", "tests/integration/miner/test_deployment.py"),
)
"""Commands, settings, codecs, keys, episodes in MuJoCo, the chain's SDK, the API on PostgreSQL, both services' SDKs."""
LEROBOT_WANTS = "huggingface-hub>=1.6,<2"
"""As LeRobot 0.6.0 and 0.6.1 say: their requirements beside Kinitro change the hub client to such a version."""


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uv")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "uv"], check=True)
    return folder / "bin" / "uv"


@pytest.mark.parametrize(
    ("resolution", "also"),
    [("lowest-direct", ()), ("highest", ()), ("highest", (LEROBOT_WANTS,))],
    ids=["lowest", "newest", "beside LeRobot"],
)
def test_kinitro_works_with(uv: Path, tmp_path: Path, resolution: str, also: tuple[str, ...]) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv"], check=True)
    project = [CHECKOUT / "pyproject.toml", "--extra", "lerobot"]
    locked = tmp_path / "locked.txt"
    wanted = tmp_path / "wanted.txt"
    wanted.write_text("\n".join(also))
    compile_ = [uv, "pip", "compile", "--quiet", "--resolution", resolution, "--python", python]
    subprocess.run([*compile_, *project, wanted, "-o", locked], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", python, "-r", locked, *TOOLS], check=True)
    command = [python, "-m", "pytest", "-q", "-W", "default", "-p", "no:cacheprovider", *TRIED]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-5000:]
