"""`kinitro validate` as a validator runs it: a process, a backend, and the local chain."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinitro.chain import Wallet
from kinitro.chain.local import LocalChain, derive_local_address
from tests.standin.backend import StandinBackend, publication, serve_backend
from tests.standin.command import kinitro

NETUID = 3
TIMEOUT_S = 90.0
VALIDATOR = Wallet("validator", "default")
MINERS = [Wallet("miner", str(number)) for number in range(3)]
HOTKEYS = {uid: derive_local_address(wallet) for uid, wallet in enumerate(MINERS, 1)}


@pytest.fixture
def backend() -> Iterator[StandinBackend]:
    with serve_backend() as server:
        yield server


@pytest.fixture
async def chain(empty_database: str) -> LocalChain:
    chain = await LocalChain.create(empty_database, NETUID, block_time_s=0.1, tempo=1000)
    for wallet in MINERS:
        await chain.register(NETUID, wallet)
    await chain.register(NETUID, VALIDATOR, validator_permit=True)
    return chain


def start(backend_url: str, database: str, state: Path, *flags: str) -> subprocess.Popen[str]:
    arguments = ["--backend-url", backend_url, "--netuid", str(NETUID), "--network", "local-dev"]
    arguments += ["--wallet-name", VALIDATOR.name, "--hotkey-name", VALIDATOR.hotkey]
    arguments += ["--state-directory", str(state), "--poll-interval", "0.2s", "--no-audit"]
    return subprocess.Popen(
        [sys.executable, "-m", "kinitro", "validate", *arguments, *flags],
        env=os.environ | {"KINITRO_LOCAL_CHAIN_URL": database},
        stderr=subprocess.PIPE,
        text=True,
    )


async def wait_for_weights(chain: LocalChain, expected: dict[int, int]) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    found: object = None
    while time.monotonic() < deadline:
        found = await chain.weights(NETUID, derive_local_address(VALIDATOR))
        if found == expected:
            return
    raise AssertionError(f"{found} on chain, not {expected}")


async def test_sets_each_publication_soon_and_stops_on_sigterm(
    chain: LocalChain, backend: StandinBackend, empty_database: str, tmp_path: Path
) -> None:
    process = start(backend.url, empty_database, tmp_path)
    try:
        backend.publish(publication(1, NETUID, {1: 0.75, 2: 0.25}, HOTKEYS))
        await wait_for_weights(chain, {1: 65535, 2: 21845})
        backend.publish(publication(2, NETUID, {3: 1.0}, HOTKEYS))
        await wait_for_weights(chain, {3: 65535})
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 0, log
        assert "validator_stops" in log
        assert empty_database not in log
    finally:
        process.kill()
        process.wait()


async def test_weights_follow_hotkeys_not_slots(
    chain: LocalChain, backend: StandinBackend, empty_database: str, tmp_path: Path
) -> None:
    await chain.register(NETUID, Wallet("newcomer", "default"), uid=2)
    await chain.register(NETUID, MINERS[1], uid=5)
    backend.publish(publication(1, NETUID, {1: 0.5, 2: 0.5}, HOTKEYS))
    process = start(backend.url, empty_database, tmp_path, "--once")
    _, log = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, log
    assert await chain.weights(NETUID, derive_local_address(VALIDATOR)) == {1: 65535, 5: 65535}


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--backend-url", "gopher://x"], "--backend-url"),
        (["--backend-url", "https://me:secret@x"], "--backend-url"),
        (["--max-age", "soon"], "--max-age"),
        (["--poll-interval", "0s"], "--poll-interval"),
        (["--if-none-qualify", "share"], "--if-none-qualify"),
        (["--max-unregistered-share", "1.5"], "--max-unregistered-share"),
        (["--netuid", "99999"], "--netuid"),
        (["--log-level", "loud"], "--log-level"),
    ],
)
async def test_wrong_settings_are_one_sentence(flags: list[str], says: str) -> None:
    done = await kinitro("validate", "--backend-url", "http://127.0.0.1:1", "--netuid", "3", *flags)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert says in done.stderr
    assert "secret" not in done.stderr


async def test_required_settings_are_named() -> None:
    for given, missing in ((["--netuid", "3"], "--backend-url"), (["--backend-url", "http://x"], "--netuid")):
        done = await kinitro("validate", *given)
        assert (done.returncode, f"{missing} (or KINITRO_VALIDATOR_" in done.stderr) == (2, True), done.stderr


async def test_nothing_published_yet(
    chain: LocalChain, backend: StandinBackend, empty_database: str, tmp_path: Path
) -> None:
    process = start(backend.url, empty_database, tmp_path, "--once")
    _, log = process.communicate(timeout=TIMEOUT_S)
    assert (process.returncode, "Traceback" in log) == (3, False), log
    assert "published no weights yet" in log.splitlines()[-1]


async def test_an_unregistered_hotkey_is_told(
    chain: LocalChain, backend: StandinBackend, empty_database: str, tmp_path: Path
) -> None:
    backend.publish(publication(1, NETUID, {1: 1.0}, HOTKEYS))
    process = start(backend.url, empty_database, tmp_path, "--once", "--hotkey-name", "stranger")
    _, log = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1
    assert "is not registered on subnet 3" in log.splitlines()[-1]
