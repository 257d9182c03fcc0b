"""What a validator costs: its start, its memory, and its share of a core while it waits.

    python benchmarks/validator.py [--python PATH/TO/python]

Runs `kinitro validate` as a process against a stand-in node (the real SDK, real signatures) with 256 neurons, in the
interpreter that --python names; one with only requirements/validator.txt installed shows what a small server needs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kinitro.chain.ss58 import encode_address
from tests.standin.backend import publication, serve_backend
from tests.standin.node import StandinNode, serve_node
from tests.standin.wallets import CreatedWallet, create_wallet

NETUID = 7
NEURONS = 256
WAITING_S = 20.0
POLL_S = 1.0
DEADLINE_S = 120.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--python", default=sys.executable)
    python = parser.parse_args().python
    with tempfile.TemporaryDirectory() as name, serve_node(1.0) as node, serve_backend() as backend:
        directory = Path(name)
        os.environ["BITTENSOR_RUNTIME_CACHE_DIR"] = str(directory / "cache")
        validator = create_wallet(directory, "validator")
        hotkeys = populate(node, validator)
        shares = dict.fromkeys(hotkeys, 1 / (NEURONS - 1))
        backend.publish(publication(1, NETUID, shares, hotkeys))
        command = [python, "-m", "kinitro", "validate", "--backend-url", backend.url, "--netuid", str(NETUID)]
        command += ["--network", node.url, "--wallet-name", "validator", "--wallet-path", name]
        command += ["--state-directory", name, "--poll-interval", f"{POLL_S}s", "--no-audit"]
        measure(command, directory)


def populate(node: StandinNode, validator: CreatedWallet) -> dict[int, str]:
    """Fill the subnet; returns uid -> hotkey of the miners."""
    hotkeys = {}
    node.on_chain(lambda runtime: runtime.add_subnet(NETUID, validator.hotkey, validator.coldkey))
    node.on_chain(lambda runtime: runtime.put("SubtensorModule", "CommitRevealWeightsEnabled", NETUID, value=False))
    node.on_chain(lambda runtime: runtime.register(NETUID, validator.hotkey, validator.coldkey, permit=True))
    for uid in range(1, NEURONS):
        hotkeys[uid] = encode_address(uid.to_bytes(32, "big"))
        node.on_chain(lambda runtime, hotkey=hotkeys[uid]: runtime.register(NETUID, hotkey, validator.coldkey))
    node.advance(3)
    return hotkeys


def measure(command: list[str], directory: Path) -> None:
    log = directory / "log"
    began = time.monotonic()
    with log.open("w") as stderr:
        process = subprocess.Popen(command, stderr=stderr, cwd=directory)
    try:
        wait_for(log, "validator_starts", process)
        print(f"running after            {time.monotonic() - began:6.2f} s   ({cpu_s(process):.2f} s of CPU)")
        wait_for(log, "weights_set", process)
        print(f"255 weights on chain     {time.monotonic() - began:6.2f} s   ({cpu_s(process):.2f} s of CPU)")
        before = cpu_s(process)
        time.sleep(WAITING_S)
        share = (cpu_s(process) - before) / (WAITING_S / POLL_S)
        print(f"one look (poll)          {share * 1000:6.1f} ms of CPU")
        print(f"peak memory              {peak_mib(process):6.0f} MiB")
    finally:
        process.terminate()
        process.wait(10)
    print(f"stopped, exit code       {process.returncode}")


def wait_for(log: Path, event: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while event not in log.read_text():
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"no {event}:\n{log.read_text()}")
        time.sleep(0.02)


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mib(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    main()
