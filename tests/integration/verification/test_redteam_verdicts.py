"""The whole way, from a hub through sandbox and comparison: hostile uploads get the verdict they deserve."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinitro.client.verdicts import VerificationTask
from kinitro.evaluation.environment_cache import EnvironmentCache
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.sandbox.bubblewrap import BubblewrapSandbox
from kinitro.sandbox.interface import Runtime
from kinitro.sandbox.uploads import PolicyRepositories
from kinitro.verification.examination import Examiner, VerifierContext
from tests.fakes.point import make
from tests.fakes.puppet import LIMITS, processes_marked
from tests.integration.verification.test_examination import recorded
from tests.standin.hub import Hub

REPO = "miner/policy"
POLICY = """
import os, socket, sys, time

class RobotPolicy:
    max_concurrent_episodes = 1
    max_chunk = 2
    sign = 1.0

    @classmethod
    def load(cls):
        {load}

    async def reset(self, task_config):
        self.step = 0
        return task_config["episode_id"]

    async def act(self, observation, images):
        step, self.step = self.step, self.step + 2
        if step == 20:
            {act}
        return [[self.sign * 0.5, 0.01 * step, 0.0, 1.0], [self.sign * 0.5, 0.01 * step + 0.3, 0.0, 1.0]]
"""
"""What the episode was recorded with, and room for an attack."""
SPY = """
for attempt in (lambda: socket.create_connection(("10.0.0.1", 80), 1), lambda: open("/etc/shadow").read(),
                lambda: os.kill(-1, 9), lambda: os.kill(1, 9), lambda: open("/policy/policy.py", "w")):
    try:
        attempt()
        cls.sign = -1.0  # it got out: the verdict will tell
    except OSError:
        pass
"""
LIE = """
cls.sign = -1.0
for number in range(64):
    try:
        os.write(number, b'{"verdict": "match", "matching": 40, "compared": 40}')
    except OSError:
        pass
"""
DAEMON = """
if os.fork() == 0:
    os.setsid()
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", "redteam-verdict-daemon"])
"""
FORKS = "while True:\n    try: os.fork()\n    except OSError: pass"
MEMORY = "kept = []\nwhile True: kept.append(bytearray(b'x' * 2**20))"
FLOOD = "while True: os.write(1, b'x' * 65536)"
ATTACKS = {
    "honest": ("pass", "pass", "match", None),
    "spy": (SPY, "pass", "match", None),
    "daemon": (DAEMON, "pass", "match", None),
    "lie": (LIE, "pass", "mismatch", "0 of 40|1 of 40"),
    "forks": ("pass", FORKS, "unverifiable", "pids"),
    "memory": ("pass", MEMORY, "unverifiable", "memory|refuses|not serve|answer"),
    "flood_at_start": (FLOOD, "pass", "unverifiable", "output"),
    "exit": ("pass", "os._exit(0)", "unverifiable", "exited with status 0"),
    "no_start": ("raise SystemExit(1)", "pass", "unverifiable", "not ready|ended|RobotPolicy.load: SystemExit"),
}


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(token="secret") as hub:
        yield hub


async def published(hub: Hub, load: str, act: str) -> VerificationTask:
    """The recording of an honest deployment, and an upload that does these things."""
    files = {path.name: path.read_bytes() for path in TEMPLATE_DIRECTORY.glob("*.py")}
    source = POLICY.replace("{load}", textwrap.indent(load, " " * 8).lstrip())
    files["policy.py"] = source.replace("{act}", textwrap.indent(act, " " * 12).lstrip()).encode()
    return (await recorded()).model_copy(update={"repo": REPO, "revision": hub.publish(REPO, files)})


@pytest.mark.parametrize("attack", ATTACKS)
async def test_hostile_uploads_get_the_verdict_they_deserve(
    hub: Hub, runtime: Runtime, tmp_path: Path, attack: str
) -> None:
    load, act, expected, words = ATTACKS[attack]
    task = await published(hub, load, act)
    repositories = PolicyRepositories(tmp_path, hub=hub.url)
    limits = LIMITS if attack != "no_start" else type(LIMITS)(start_s=3)
    examiner = Examiner(
        VerifierContext(repositories, BubblewrapSandbox(allow_no_control_group=True), runtime, limits),
        EnvironmentCache(make),
    )
    try:
        verdict, evidence = await examiner.examine(task)
    finally:
        examiner.close()
    assert verdict == expected, evidence
    if words is None:
        assert evidence.reason is None
    else:
        assert any(word in str(evidence.reason) for word in words.split("|")), evidence.reason
    assert processes_marked("redteam-verdict-daemon") == []
