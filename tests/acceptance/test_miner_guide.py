"""Every command of docs/miner-guide.md, run in order in one shell; only the other side of the network is a stand-in."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from kinitro.chain import Wallet
from kinitro.chain.local import LocalChain
from kinitro.chain.sealing import BackendKey
from kinitro.local.ports import free_ports
from kinitro.miner.projects import create_project
from tests.fakes.policy_servers import running_project
from tests.fakes.published import publish
from tests.fakes.served_api import api_in_a_thread
from tests.standin.basilica import Basilica
from tests.standin.hub import Hub
from tests.standin.wallets import create_wallet

CHECKOUT = Path(__file__).parents[2]
GUIDE = (CHECKOUT / "docs" / "miner-guide.md").read_text()
WALLET = Wallet("my-wallet", "my-hotkey")

SHORTENED = {
    "--episodes 50": "--episodes 2",
    "--episodes 20": "--episodes 1 --workers 1",
    "--sensitivity": "--sensitivity --max-steps 20",
    "--network finney": "--network local-dev",
    "8001": "{port}",
    " --public": "",
    "https://api.kinitro.ai": "$API_URL",
    "kinitro check": "kinitro check --samples 10",
    "kinitro basilica-push": "kinitro basilica-push --allow-private-endpoints",
    "kinitro miner-deploy .": "kinitro miner-deploy . --allow-private-endpoints",
}
"""What differs from the guide: fewer episodes, a chain and an API on this machine, private addresses."""


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    return [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def script(port: int) -> str:
    lines = [
        "set -e",
        "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT",
        'kinitro() { "$PYTHON" -m kinitro "$@"; }',
        'pip() { "$PYTHON" -m pip "$@"; }',
    ]
    lines += ['python() { "$PYTHON" "$@"; }', 'uvicorn() { exec "$PYTHON" -m uvicorn "$@"; }']
    for command in commands():
        if command.startswith("export KINITRO_EVALUATORS="):
            command = "export KINITRO_EVALUATORS=$OWN_HOTKEY"
        elif command.startswith("export "):  # the tokens are in the environment already
            continue
        for written, run in SHORTENED.items():
            command = command.replace(written, run.format(port=port))
        lines += [f"echo '###' $(date +%s.%N) {shlex.quote(command)} >&2", command]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def scored_cycle(postgres_url) -> Iterator[str]:
    """The address of an API with a published cycle of real episodes; uid 9 is its best miner."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("create database miner_guide_cycle")
    url = urlsplit(postgres_url)._replace(path="/miner_guide_cycle").geturl()
    publish(url)
    with api_in_a_thread(url, backend_public_key=BackendKey.generate().public.hex()) as address:
        yield address


@pytest.fixture
def world(tmp_path, empty_database, scored_cycle, monkeypatch) -> Iterator[dict[str, str]]:
    own = create_wallet(tmp_path / "home" / ".bittensor" / "wallets", WALLET.name, WALLET.hotkey)

    async def register() -> None:
        chain = await LocalChain.create(empty_database, 26, block_time_s=0.05)
        await chain.register(26, WALLET)
        await chain.close()

    asyncio.run(register())
    create_project(tmp_path / "served")
    monkeypatch.setenv("KINITRO_EVALUATORS", own.hotkey)  # for the server that is deployed
    # it names no hotkey: on the local chain an address follows from the wallet's name and is not the key that signs
    with (
        Hub("hf_secret", "hf_read_secret") as hub,
        running_project(tmp_path / "served") as url,
        Basilica("b_secret", url) as cloud,
    ):
        cloud.phases = ["ready"]
        monkeypatch.delenv("KINITRO_EVALUATORS")
        yield {
            "HOME": str(tmp_path / "home"),
            "OWN_HOTKEY": own.hotkey,
            "HF_ENDPOINT": hub.url,
            "HF_TOKEN": "hf_secret",
            "HF_READ_TOKEN": "hf_read_secret",
            "BASILICA_API_URL": cloud.url,
            "BASILICA_API_TOKEN": "b_secret",
            "KINITRO_LOCAL_CHAIN_URL": empty_database,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "API_URL": scored_cycle,
            "PYTHON": sys.executable,
            "PYTHONPATH": str(CHECKOUT),
        }


@pytest.mark.timeout(1000)
def test_every_command_of_the_guide_runs(tmp_path, world) -> None:
    done = subprocess.run(
        ["bash", "-c", script(*free_ports(1))],
        cwd=tmp_path,
        env=os.environ | world,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Committed in block" in done.stdout
    assert "your-name/my-policy" in done.stdout
    assert "sealed; only the operator's key opens it" in done.stdout
    assert "Everybody can download your-name/my-policy-2 now" in done.stderr
    assert "4 demonstrations of 2 environments" in done.stdout
    assert "miner 9" in done.stdout
    assert "Dry run: nothing was changed" in done.stdout
    assert "secret" not in done.stdout + done.stderr
    assert (tmp_path / "my-policy" / "result.json").stat().st_size > 0


def test_the_python_of_the_guide_runs() -> None:
    for block in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", block],
            timeout=120,
            env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert "WARN" not in done.stderr, "Gymnasium's checker has something to say"


def test_the_links_of_the_guides_lead_somewhere() -> None:
    for guide in ("miner-guide.md", "protocol.md"):
        for target in re.findall(r"\]\((?!https?://)([^)#]+)\)", (CHECKOUT / "docs" / guide).read_text()):
            assert (CHECKOUT / "docs" / target).exists(), target
