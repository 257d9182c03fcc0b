"""The commands of docs/validator-guide.md do what the guide says, on a stand-in node."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinitro.validator.settings import ValidatorSettings
from tests.standin.backend import StandinBackend, publication, serve_backend
from tests.standin.wallets import create_wallet
from tests.standin.worlds import NETUID, StandinWorld

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "validator-guide.md").read_text()
COMMANDS = re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def backend() -> Iterator[StandinBackend]:
    with serve_backend() as server:
        yield server


async def test_every_command_works(standin: StandinWorld, backend: StandinBackend, tmp_path: Path) -> None:
    home = tmp_path / "home"
    validator = create_wallet(home / ".bittensor" / "wallets", "my-wallet", "my-hotkey")
    await standin.register("miner")
    uid = standin.node.on_chain(
        lambda runtime: runtime.register(NETUID, validator.hotkey, validator.coldkey, stake=10**12, permit=True)
    )
    standin.node.advance(1)
    backend.publish(publication(1, NETUID, {1: 1.0}, {1: standin.wallet("miner")[1]}))
    dry_run, once, by_hand, usage = [
        command.replace("https://api.kinitro.ai", backend.url)
        .replace("--netuid 26", f"--netuid {NETUID}")
        .replace("--network finney", f"--network {standin.network}")
        for command in COMMANDS
    ]
    environment = os.environ | {
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "KINITRO_VALIDATOR_AUDIT": "false",
        "KINITRO_VALIDATOR_POLL_INTERVAL": "0.2s",
    }

    async def run(command: str) -> str:
        done = await asyncio.to_thread(
            subprocess.run, ["sh", "-eu", "-c", command], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return str(done.stdout + done.stderr)

    assert "weights_would_be_set" in await run(dry_run)
    assert await standin.chain.weights(NETUID, validator.hotkey) == {}
    assert "weights_set" in await run(once)
    assert await standin.chain.weights(NETUID, validator.hotkey) == {1: 65535}
    backend.publish(publication(2, NETUID, {uid: 1.0}, {uid: validator.hotkey}))
    said = await asyncio.to_thread(run_until_set, by_hand, environment, tmp_path / "log")
    assert "weights_set" in said
    assert "validator_stops" in said
    assert await standin.chain.weights(NETUID, validator.hotkey) == {uid: 65535}
    assert list((home / ".local" / "state" / "kinitro").iterdir())
    assert "--max-unregistered-share" in await run(usage)
    assert not validator.leaks_into(said)


def run_until_set(command: str, environment: dict[str, str], log: Path) -> str:
    """Run a validator until it has set weights, and stop it as systemd would; returns what it said."""
    with log.open("w") as stderr:
        process = subprocess.Popen(["sh", "-eu", "-c", f"exec {command}"], env=environment, stderr=stderr)
    try:
        deadline = time.monotonic() + 120
        while "weights_set" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    return log.read_text()


def test_the_guide_names_settings_that_exist() -> None:
    flags = {f"--{name.replace('_', '-')}" for name in ValidatorSettings.model_fields}
    others = {"--dry-run", "--once", "--help", "--no-deps", "--no-audit", "--api-url", "--cycle"}
    section = re.sub(r"```bash.*?```", "", GUIDE, flags=re.DOTALL)
    assert set(re.findall(r"--[a-z][a-z-]+", section)) <= flags | others
    for variable in re.findall(r"KINITRO_VALIDATOR_([A-Z_]+)=", GUIDE):
        assert variable.lower() in ValidatorSettings.model_fields


def test_a_validator_loads_no_simulator_and_no_database() -> None:
    code = (
        "import sys\nimport kinitro.validator.main, kinitro.chain.bittensor\n"
        "heavy = {'mujoco', 'metaworld', 'gymnasium', 'numba', 'scipy', 'torch', 'psycopg', 'sqlalchemy', 'fastapi'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
