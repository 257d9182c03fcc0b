"""The docker sandbox through the real SDK, against a stand-in of the engine whose containers are processes."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import docker
import pytest

from kinitro.errors import ConfigurationError
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.client import HttpPolicy
from kinitro.sandbox.docker import LABEL, DockerSandbox, build_container_options
from kinitro.sandbox.errors import PolicyDidNotStart, SandboxFailed, SandboxUnavailable
from kinitro.sandbox.interface import EndReason, Limits, Runtime
from kinitro.sandbox.processes import name_process
from kinitro.sandbox.seccomp import DENIED, TIOCLINUX, TIOCSTI, build_container_profile
from tests.fakes.puppet import LIMITS, SERVER, Puppet, write_policy
from tests.standin.engine import IMAGE_ID, Container, Engine


@pytest.fixture
def engine(runtime: Runtime) -> Iterator[Engine]:
    with Engine(runtime) as engine:
        yield engine
        assert engine.containers == {}, "containers are left"


@pytest.fixture
def sandbox(engine: Engine) -> DockerSandbox:
    return DockerSandbox("policy-runtime", engine=engine.url.replace("http", "tcp"))


async def test_a_policy_is_served_from_a_container(sandbox: DockerSandbox, engine: Engine, public_path: Path) -> None:
    await sandbox.check()
    runtime = await sandbox.inspect_runtime()
    assert runtime.name == f"policy-runtime@{IMAGE_ID}"
    policy = shutil.copytree(TEMPLATE_DIRECTORY, public_path / "policy")
    async with sandbox.serve(policy, runtime=runtime) as served:
        client = HttpPolicy("http://policy", unix_socket=served.socket)
        assert (await client.health()).max_concurrent_episodes == 16
        await client.close()
        assert served.poll() is None
    assert not served.socket.exists()
    assert [mount["Target"] for mount in engine.removed[-1].options["HostConfig"]["Mounts"]] == [
        "/policy",
        "/launch.py",
        "/control.sock",
    ]


async def test_the_control_socket_is_closed_before_the_policy_runs(sandbox: DockerSandbox, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    async with sandbox.serve(policy, runtime=await sandbox.inspect_runtime(), limits=LIMITS) as served:
        knocked = await Puppet(served).run("""
            with socket.socket(socket.AF_UNIX) as own:
                result = errno.errorcode.get(own.connect_ex("/control.sock"), "connected")
        """)
    assert knocked == "ECONNREFUSED"


async def test_an_engine_that_does_not_isolate_is_refused(sandbox: DockerSandbox, engine: Engine) -> None:
    engine.filters = False
    with pytest.raises(SandboxUnavailable, match="no system call filter is on"):
        await sandbox.check()


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("raise RuntimeError('my fault')", r"exited with status 1: RuntimeError: my fault"),
        ("import os; os._exit(0)", r"exited with status 0"),
        ("import os\nwhile True: os.write(1, b'x' * 65536)", "output"),
        ("import time\nend = time.time() + 30\nwhile time.time() < end: pass", "cpu"),
    ],
    ids=["raises", "exits_well", "floods", "burns"],
)
async def test_a_policy_that_fails_is_the_miners_fault(
    sandbox: DockerSandbox, public_path: Path, source: str, why: str
) -> None:
    policy = write_policy(public_path / "policy", {"server.py": source})
    with pytest.raises(PolicyDidNotStart, match=why):
        async with sandbox.serve(policy, runtime=await sandbox.inspect_runtime(), limits=replace(LIMITS, cpu_s=2.5)):
            pass


async def test_memory_ends_it(sandbox: DockerSandbox, engine: Engine, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    async with sandbox.serve(policy, runtime=await sandbox.inspect_runtime(), limits=LIMITS) as served:
        next(iter(engine.containers.values())).events.append("oom")
        ending = await served.wait(5)
    assert ending is not None
    assert ending.reason is EndReason.MEMORY


async def test_what_somebody_else_killed_is_ours(sandbox: DockerSandbox, engine: Engine, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    async with sandbox.serve(policy, runtime=await sandbox.inspect_runtime(), limits=LIMITS) as served:
        (name,) = engine.containers
        await asyncio.to_thread(docker.DockerClient(engine.url.replace("http", "tcp")).api.kill, name)
        ending = await served.wait(5)
    assert ending is not None
    assert ending.is_ours, ending


async def test_a_broken_image_is_ours(sandbox: DockerSandbox, engine: Engine, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    runtime = await sandbox.inspect_runtime()
    engine.runtime = Runtime("bare", Path("/nowhere/python"))
    with pytest.raises(SandboxFailed, match="did not connect to its control socket"):
        async with sandbox.serve(policy, runtime=runtime, limits=LIMITS):
            pass


@pytest.mark.parametrize("part", ["/create", "/start"])
async def test_a_failing_engine_is_ours(sandbox: DockerSandbox, engine: Engine, public_path: Path, part: str) -> None:
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    engine.failures["POST", part] = 500
    with pytest.raises(SandboxFailed, match="container engine failed"):
        async with sandbox.serve(policy, runtime=await sandbox.inspect_runtime(), limits=LIMITS):
            pass


async def test_without_an_engine_or_an_image_nothing_runs(sandbox: DockerSandbox, engine: Engine) -> None:
    with pytest.raises(SandboxUnavailable, match="The container engine does not answer"):
        await DockerSandbox("policy-runtime", engine="tcp://127.0.0.1:9").check()
    with pytest.raises(ConfigurationError, match="'other', which is not on this machine"):
        await DockerSandbox("other", engine=engine.url.replace("http", "tcp")).check()


async def test_containers_of_the_dead_are_removed(sandbox: DockerSandbox, engine: Engine) -> None:
    """Of the dead only: a number is given out again, and another container counts its processes from 1, too."""
    own = name_process()
    number, start, namespace = own.split(".")
    kept = [own, number, f"{2**22 + 1}.77.{int(namespace) + 1}", f"{number}.77.{int(namespace) + 1}"]
    gone = [f"{2**22 + 1}", f"{2**22 + 1}.77.{namespace}", f"{number}.{int(start) - 1}.{namespace}"]
    for position, owner in enumerate(kept + gone):
        engine.containers[f"{position:064x}"] = Container({"Labels": {LABEL: owner}})
    await sandbox.check()
    left = [container.options["Labels"][LABEL] for container in engine.containers.values()]
    engine.containers.clear()
    assert left == kept


def test_a_container_is_isolated_by_every_means_that_engines_have() -> None:
    options = build_container_options(Limits(), [(Path("/here"), Path("/policy"))], None)
    assert options["network_mode"] == "none"
    assert options["read_only"] is True
    assert options["cap_drop"] == ["ALL"]
    assert options["user"].split(":")[0] not in ("0", "root")
    assert options["mem_limit"] == options["memswap_limit"] == Limits().memory_bytes
    assert options["pids_limit"] == Limits().pids
    assert options["device_requests"] == []
    assert all(mount["ReadOnly"] for mount in options["mounts"])
    assert not {"privileged", "cap_add", "pid_mode", "userns_mode", "volumes"} & set(options)
    no_new_privileges, seccomp = options["security_opt"]
    assert no_new_privileges == "no-new-privileges:true"
    profile = json.loads(seccomp.removeprefix("seccomp="))
    names = {name for rule in profile["syscalls"] for name in rule["names"]}
    denied = set(" ".join(DENIED.values()).split()) | {"clone3"}
    assert denied | {"socket", "socketpair", "clone"} <= names
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed = [rule for rule in profile["syscalls"] if rule["action"] == "SCMP_ACT_ALLOW"]
    assert denied.isdisjoint(name for rule in allowed for name in rule["names"])
    unconditional = {name for rule in allowed if not rule["args"] for name in rule["names"]}
    assert {"read", "openat", "futex", "mmap", "accept4"} <= unconditional
    assert unconditional.isdisjoint(["socket", "socketpair", "clone", "ioctl"])


@pytest.mark.parametrize(
    ("request_", "is_allowed"),
    [(TIOCSTI, False), (TIOCLINUX, False), (TIOCSTI | 1 << 32, False), (TIOCLINUX | 5 << 60, False)]
    + [(number, True) for number in (0, 1, 0x5401, *range(0x5413, 0x541C), 0x5421, 0x80045430, 0xFFFFFFFF)],
)
def test_only_requests_that_write_into_a_terminals_input_are_refused(request_: int, is_allowed: bool) -> None:
    def matches(rule: dict[str, Any]) -> bool:
        return all(request_ & one["value"] == one["valueTwo"] for one in rule["args"])

    rules = [rule for rule in build_container_profile()["syscalls"] if rule["names"] == ["ioctl"] and matches(rule)]
    assert {rule["action"] for rule in rules} == {"SCMP_ACT_ALLOW" if is_allowed else "SCMP_ACT_ERRNO"}


@pytest.mark.parametrize(("gpus", "request_"), [("all", {"Count": -1}), ("0,1", {"DeviceIDs": ["0", "1"]})])
def test_gpus_are_passed_through(gpus: str, request_: dict[str, object]) -> None:
    (request,) = build_container_options(Limits(), [], gpus)["device_requests"]
    assert request.items() >= {"Capabilities": [["gpu"]], **request_}.items()
