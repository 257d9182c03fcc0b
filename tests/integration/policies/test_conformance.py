"""`kinitro check` finds what is wrong with a server, and nothing wrong with a good one."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
import pytest
from typer.testing import CliRunner

from kinitro.cli import build_app
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.conformance import CheckResult, ConformanceVerdict, PolicyServerConformance, Subject, run_check
from tests.fakes.policy_servers import POLICY, outside_environment, running_policies, wait_until_up
from tests.integration.policies.hostile import Server, answer, read_request

RANDOM = "return self.random.uniform(-1, 1, 4)"
BROKEN = {
    "unseeded": POLICY.replace('default_rng(list(task_config["episode_id"].encode()))', "default_rng()"),
    "shared state": POLICY.replace(
        RANDOM, "RobotPolicy.count = getattr(RobotPolicy, 'count', 0) + 1; return np.full(4, RobotPolicy.count % 7 / 7)"
    ),
    "slow": POLICY.replace(RANDOM, "await asyncio.sleep(0.6); " + RANDOM),
    "hiccup": POLICY.replace(
        RANDOM,
        "RobotPolicy.acts = getattr(RobotPolicy, 'acts', 0) + 1; "
        "await asyncio.sleep(0.6 if RobotPolicy.acts == 1 else 0); " + RANDOM,
    ),
    "rather slow": POLICY.replace(RANDOM, "await asyncio.sleep(0.27); " + RANDOM),
    "one at a time": POLICY.replace(RANDOM, "time.sleep(0.2); " + RANDOM),
    "five numbers": POLICY.replace(RANDOM, "return np.zeros(5)"),
    "too bold": POLICY.replace(RANDOM, "return np.full(4, 3.0)"),
    "crashing": POLICY.replace(RANDOM, "raise RuntimeError('no CUDA')"),
    "own id": POLICY.replace('return task_config["episode_id"]', 'return "mine"'),
    "chunks": POLICY.replace("max_chunk = 1", "max_chunk = 8").replace(
        RANDOM, "return self.random.uniform(-1, 1, (8, 4))"
    ),
    "hermit": POLICY.replace("max_concurrent_episodes = 4", "max_concurrent_episodes = 1"),
    "not loaded": POLICY.replace("        pass\n", "        raise OSError('no weights')\n"),
}


@pytest.fixture(scope="module")
def servers(tmp_path_factory) -> Iterator[dict[str, str]]:
    good = {"template": (TEMPLATE_DIRECTORY / "policy.py").read_text()}
    with running_policies(tmp_path_factory.mktemp("servers"), {**BROKEN, **good}) as urls:
        yield urls


class TestTemplate(PolicyServerConformance):
    """The mixin, used as a miner would."""

    samples = 20

    @pytest.fixture(autouse=True)
    def _endpoint(self, servers) -> None:
        self.endpoint = servers["template"]


@pytest.mark.parametrize(
    ("server", "check", "verdict", "says"),
    [
        ("unseeded", "determinism", ConformanceVerdict.FAILED, "seed what is random with the episode_id"),
        ("shared state", "interleaving", ConformanceVerdict.FAILED, "different actions"),
        ("shared state", "json", ConformanceVerdict.FAILED, "JSON and msgpack"),
        ("slow", "latency", ConformanceVerdict.FAILED, "3 of 3 late"),
        ("slow", "json", ConformanceVerdict.PASSED, "same action"),
        ("hiccup", "latency", ConformanceVerdict.WARNING, "when measured before, 1 of 3 late"),
        ("rather slow", "latency", ConformanceVerdict.WARNING, "little is left for the network"),
        ("one at a time", "load", ConformanceVerdict.FAILED, "late"),
        ("five numbers", "environments", ConformanceVerdict.FAILED, "http_status"),
        ("too bold", "environments", ConformanceVerdict.WARNING, "clipped"),
        ("crashing", "environments", ConformanceVerdict.FAILED, "no CUDA"),
        ("own id", "environments", ConformanceVerdict.FAILED, "must return task_config['episode_id']"),
        ("chunks", "determinism", ConformanceVerdict.PASSED, "64 actions"),
        ("chunks", "json", ConformanceVerdict.PASSED, "same action"),
        ("hermit", "interleaving", ConformanceVerdict.WARNING, "takes long"),
        ("not loaded", "health", ConformanceVerdict.FAILED, "failed"),
        ("template", "address", ConformanceVerdict.WARNING, "not a public address"),
        ("template", "garbage", ConformanceVerdict.PASSED, "bad requests"),
        ("template", "connections", ConformanceVerdict.PASSED, "64 new connections"),
        ("hermit", "connections", ConformanceVerdict.PASSED, "32 new connections"),
        ("crashing", "connections", ConformanceVerdict.FAILED, "no CUDA"),
    ],
)
async def test_each_fault_is_found(servers, server: str, check: str, verdict: ConformanceVerdict, says: str) -> None:
    found: CheckResult = await run_check(check, Subject(servers[server], samples=3))
    assert found.verdict is verdict, found
    assert says in found.detail


@contextlib.contextmanager
def uvicorn(*options: str) -> Iterator[str]:
    """The template as `uvicorn server:app` serves it with these options."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "server:app", "--port", str(port), "--log-level", "critical", *options]
    process = subprocess.Popen(command, cwd=TEMPLATE_DIRECTORY, env=outside_environment())
    try:
        wait_until_up(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def test_a_server_of_two_processes_loses_episodes_and_sends_answers_late() -> None:
    with uvicorn("--workers", "2") as url:
        found = await run_check("connections", Subject(url))
        assert found.verdict is ConformanceVerdict.FAILED
        assert "an episode was lost at step" in found.detail
        assert "without uvicorn's --workers" in found.detail
        found = await run_check("latency", Subject(url, samples=10))
        assert found.verdict is ConformanceVerdict.WARNING, found
        assert "Nagle's algorithm waits for an acknowledgement; set TCP_NODELAY" in found.detail


async def test_a_server_of_one_process_does_neither() -> None:
    with uvicorn() as url:
        assert (await run_check("connections", Subject(url))).verdict is ConformanceVerdict.PASSED
        assert "Nagle" not in (await run_check("latency", Subject(url, samples=10))).detail


async def test_a_server_that_forgets_with_the_connection_is_found() -> None:
    """It does not refuse an episode that it does not know, but begins it anew."""
    begun: dict[object, int] = {}

    async def forgetful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            path, body = await read_request(reader)
            if path.endswith("/reset"):
                said: object = {"episode_id": msgspec.json.decode(body)["task_config"]["episode_id"]}
            elif path.endswith("/act"):
                begun[writer] = begun.get(writer, 0) + 1
                said = {"action": [begun[writer] / 10, 0, 0, 0]}
            else:
                said = {"status": "ok"}
            writer.write(answer(msgspec.json.encode(said)))

    with Server(forgetful) as server:
        found = await run_check("connections", Subject(server.url))
    assert found.verdict is ConformanceVerdict.FAILED
    assert "over one connection and over many gave different actions" in found.detail


def test_the_command_prints_a_table_and_an_exit_code(servers) -> None:
    good = CliRunner().invoke(build_app(), ["check", servers["template"], "--samples", "10"])
    assert good.exit_code == 0, good.output
    assert "interleaving" in good.stdout
    bad = CliRunner().invoke(build_app(), ["check", servers["crashing"], "--samples", "2", "--json"])
    assert bad.exit_code == 1
    verdicts = {check["name"]: check["verdict"] for check in json.loads(bad.stdout)["checks"]}
    assert verdicts["health"] == "passed"
    assert verdicts["latency"] == "failed"


def test_a_server_that_is_not_there_skips_the_rest() -> None:
    result = CliRunner().invoke(build_app(), ["check", "http://127.0.0.1:1", "--json"])
    assert result.exit_code == 1
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert checks["health"]["detail"].startswith("connection_refused")
    assert checks["load"]["verdict"] == "skipped"


def test_waiting_for_a_server_that_failed_ends_at_once(servers) -> None:
    begun = time.monotonic()
    result = CliRunner().invoke(build_app(), ["check", servers["not loaded"], "--wait", "600", "--json"])
    assert time.monotonic() - begun < 60
    assert result.exit_code == 1
    checks = {check["name"]: check for check in json.loads(result.stdout)["checks"]}
    assert "RobotPolicy.load: OSError: no weights" in checks["health"]["detail"]


def test_a_public_address_can_be_demanded(servers) -> None:
    result = CliRunner().invoke(build_app(), ["check", servers["template"], "--json", "--public"])
    assert result.exit_code == 1
    assert "address_refused" in result.stdout
