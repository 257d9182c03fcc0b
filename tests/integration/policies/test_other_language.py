"""docs/protocol.md is enough to write a server: one in JavaScript, written from that page, passes `kinitro check`."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.arm import ENV_ID, install

SERVER = Path(__file__).with_name("protocol_server.mjs")
NODE = shutil.which("node") or shutil.which("nodejs")

pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed: apt-get install nodejs")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    assert NODE is not None
    with subprocess.Popen([NODE, str(SERVER)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


@pytest.mark.parametrize("environments", [None, f"{ENV_ID},metaworld/push-v3"])
def test_it_passes_every_check(url: str, tmp_path: Path, environments: str | None) -> None:
    chosen = [] if environments is None else ["--environments", environments]
    command = [sys.executable, "-m", "kinitro", "check", url, "--json", "--samples", "50", *chosen]
    done = subprocess.run(command, env=install(tmp_path), capture_output=True, text=True)
    verdicts = {check["name"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}
    assert verdicts.pop("address") == "warning", "loopback is no public address"
    assert set(verdicts.values()) <= {"passed", "warning"}, done.stdout
    functional = ("health", "environments", "json", "determinism", "interleaving", "connections", "garbage")
    assert {verdicts[name] for name in functional} == {"passed"}, done.stdout
    assert done.returncode == 0
