"""Whose fault is it that a policy does not start? The answer decides whether a miner loses its weight."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import shutil
import signal
import socket
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinitro.environments.interface import Observation
from kinitro.errors import ConfigurationError
from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.client import HttpPolicy
from kinitro.policies.messages import TaskConfig
from kinitro.sandbox import bubblewrap, sandboxed_process, seccomp
from kinitro.sandbox.bubblewrap import BubblewrapSandbox
from kinitro.sandbox.cgroups import remove_abandoned
from kinitro.sandbox.errors import PolicyDidNotStart, SandboxFailed, SandboxUnavailable
from kinitro.sandbox.interface import EndReason, Limits, Runtime
from kinitro.sandbox.runtimes import inspect_runtime
from kinitro.sandbox.startup import open_channel
from tests.fakes.puppet import (
    LIMITS,
    SERVER,
    OwnStage,
    Puppet,
    Stage,
    control_groups,
    host_command,
    processes_marked,
    write_policy,
)
from tests.fakes.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

TASK = TaskConfig("metaworld/reach-v3", "reach", "reach it", "e" * 16, 10, 80.0, ("corner",), (84, 84))
OBSERVATION = Observation(np.zeros(4, np.float32), {"corner": np.zeros((84, 84, 3), np.uint8)})

# Each is the whole server.py of a miner's, with the reason that evidence will show.
MINERS_FAULTS = {
    "syntax": ("def app(:", r"exited with status 1"),
    "raises": ("raise RuntimeError('my fault')", r"exited with status 1: RuntimeError: my fault"),
    "exits_well": ("import os; os._exit(0)", r"exited with status 0"),
    "no_app": ("application = None", r'exited with status 3: .*Attribute "app" not found'),
    "kills_itself": ("import os; os.kill(os.getpid(), 9)", r"exited with status 137"),
    "kills_all": ("import os; os.kill(-1, 9)", r"exited with status 1: ProcessLookupError"),
    "segfault": ("import ctypes; ctypes.string_at(0)", r"exited with status 139"),
    "missing_package": ("import package_of_my_choice", r"No module named 'package_of_my_choice'"),
    "memory": ("b = [bytearray(b'x' * 2**20) for _ in range(4000)]", r"memory|MemoryError"),
    "forks": ("import os\nwhile True:\n  try: os.fork()\n  except OSError: pass", r"pids"),
    "floods": ("while True: print('x' * 10000)", r"output"),
    "forbidden_call": ("import socket; socket.create_connection(('1.1.1.1', 80))", r"PermissionError"),
    "imitates_our_failure": (
        "import os\nfor n in range(3, 99):\n  try: os.write(n, b'bwrap: failed')\n  except OSError: pass\n"
        "print('bwrap: Creating new namespace failed'); os._exit(1)",
        r"exited with status 1",
    ),
}


@pytest.mark.parametrize("fault", MINERS_FAULTS)
async def test_a_policy_that_fails_is_the_miners_fault(runtime: Runtime, public_path: Path, fault: str) -> None:
    source, why = MINERS_FAULTS[fault]
    policy = write_policy(public_path / "policy", {"server.py": source})
    with pytest.raises(PolicyDidNotStart, match=why):
        async with OwnStage(runtime).serve(policy):
            pass


NEVER_READY = {
    "hangs": "while True: pass",
    "not_listening": "import time; time.sleep(60)",
    "not_ready": SERVER.replace('"status": 200', '"status": 503'),
    "not_ok": SERVER.replace('{"status": "ok"}', '{"status": "loading"}'),
    "garbage": """
        import os, socket
        for number in range(3, 99):
            try:
                listener = socket.socket(fileno=number)
                if listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                    break
            except OSError:
                pass
        while True:
            listener.accept()[0].sendall(os.urandom(999))
    """,
}


@pytest.mark.parametrize("fault", NEVER_READY)
async def test_a_policy_that_is_never_ready_is_the_miners_fault(
    runtime: Runtime, public_path: Path, fault: str
) -> None:
    policy = write_policy(public_path / "policy", {"server.py": NEVER_READY[fault]})
    with pytest.raises(PolicyDidNotStart, match=r"not ready within 1 s"):
        async with OwnStage(runtime).serve(policy, replace(LIMITS, start_s=1.0)):
            pass


async def test_an_unprivileged_verifier_judges_the_same(stage: Stage, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": "raise RuntimeError('my fault')"})
    with pytest.raises(PolicyDidNotStart, match="my fault"):
        async with stage.serve(policy):
            pass


async def test_a_broken_runtime_is_ours(runtime: Runtime, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    shown = tuple(path for path in runtime.read_only if not runtime.python.is_relative_to(path))
    for broken in (replace(runtime, python=Path("/nowhere/python")), replace(runtime, read_only=shown)):
        with pytest.raises(SandboxFailed, match="does not work"):
            async with OwnStage(broken).serve(policy):
                pass


async def test_a_runtime_without_the_promised_packages_is_ours(public_path: Path) -> None:
    bare = await inspect_runtime(Path("/usr/bin/python3"))
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    with pytest.raises(SandboxFailed, match="ModuleNotFoundError"):
        async with OwnStage(bare).serve(policy):
            pass
    with pytest.raises(ConfigurationError, match="lacks the packages fastapi, uvicorn: install"):
        await inspect_runtime(Path("/usr/bin/python3"), needed=("fastapi", "uvicorn"))
    with pytest.raises(ConfigurationError, match="as a Python interpreter"):
        await inspect_runtime(Path("/bin/false"))


async def test_a_policy_that_is_not_there_is_ours(runtime: Runtime, public_path: Path) -> None:
    with pytest.raises(SandboxFailed, match="cannot be read"):
        async with OwnStage(runtime).serve(public_path / "nowhere"):
            pass


async def test_an_end_from_outside_is_ours(
    runtime: Runtime, public_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawned: list[asyncio.subprocess.Process] = []
    spawn = sandboxed_process._start_bubblewrap

    async def remembering(*arguments: object) -> asyncio.subprocess.Process:
        spawned.append(await spawn(*arguments))  # type: ignore[arg-type]
        return spawned[-1]

    monkeypatch.setattr(sandboxed_process, "_start_bubblewrap", remembering)
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    async with OwnStage(runtime).serve(policy) as running:
        spawned[0].send_signal(signal.SIGKILL)
        ending = await running.wait(5)
    assert ending is not None
    assert ending.reason is EndReason.KILLED
    assert ending.is_ours
    write_policy(policy, {"server.py": "import time; time.sleep(60)"})
    starting = asyncio.create_task(OwnStage(runtime).serve(policy).__aenter__())
    await asyncio.sleep(1.5)
    spawned[1].send_signal(signal.SIGKILL)
    with pytest.raises(SandboxFailed):
        await starting


def bubblewraps(pid: int) -> list[str]:
    """Those that the process `pid` started."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        with contextlib.suppress(OSError):  # it is gone
            if Path(f"/proc/{child}/comm").read_text() == "bwrap\n":
                found.append(child)
    return found


def left_over() -> list[Path | str]:
    """Control groups of this process's sandboxes, and bubblewraps that it started."""
    return [*control_groups(os.getpid()), *bubblewraps(os.getpid())]


async def test_a_cancelled_start_leaves_nothing(runtime: Runtime, public_path: Path) -> None:
    before = left_over()
    policy = write_policy(public_path / "policy", {"server.py": "import time; time.sleep(60)"})
    for after_s in (0.0, 0.02, 0.1, 0.6):
        starting = asyncio.create_task(OwnStage(runtime).serve(policy).__aenter__())
        await asyncio.sleep(after_s)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert left_over() == before


async def test_a_killed_verifier_leaves_no_policy_behind(runtime: Runtime, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": "import time; time.sleep(60)"})
    for after_s in (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.4, 1.2):
        host = await asyncio.create_subprocess_exec(*host_command(policy, runtime), stdin=asyncio.subprocess.PIPE)
        assert await until(lambda host=host: bubblewraps(host.pid) != [])  # type: ignore[misc]
        await asyncio.sleep(after_s)
        host.kill()
        await host.wait()

    def is_clean() -> bool:
        remove_abandoned()
        return not processes_marked(str(policy)) and not control_groups(host.pid)

    await BubblewrapSandbox(allow_no_control_group=True).check()
    assert await until(is_clean), (processes_marked(str(policy)), control_groups(host.pid))


async def test_what_bubblewrap_left_half_started_is_ended_by_the_next_verifier(
    runtime: Runtime, public_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = write_policy(public_path / "started", {"server.py": SERVER})
    half_started = write_policy(public_path / "half", {"server.py": SERVER})

    def full_channel(stack: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
        """Bubblewrap is held up when it tells us of its child, which waits for its word."""
        handles, theirs = open_channel(stack)
        theirs.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                theirs.send(bytes(4096))
        theirs.setblocking(True)
        return handles, theirs

    async def killed_too_early(process: asyncio.subprocess.Process, _: object) -> int:
        assert await until(lambda: len(processes_marked(str(half_started))) == 2)
        process.kill()
        assert await until(lambda: process.returncode is not None)  # its child keeps `wait` waiting for its output
        raise SandboxFailed("killed")

    async with OwnStage(runtime).serve(started) as running:
        with monkeypatch.context() as patch:
            patch.setattr(sandboxed_process, "open_channel", full_channel)
            patch.setattr(sandboxed_process, "_read_child_pid", killed_too_early)
            patch.setattr(sandboxed_process, "_kill_process", lambda process: None)  # we would have been killed before
            with pytest.raises(SandboxFailed, match="killed"):
                async with OwnStage(runtime).serve(half_started):
                    pass
        assert len(processes_marked(str(half_started))) == 1
        await BubblewrapSandbox(allow_no_control_group=True).check()
        assert await until(lambda: processes_marked(str(half_started)) == [])
        assert await Puppet(running).run("result = 'alive'") == "alive"


async def test_check_passes_here() -> None:
    await BubblewrapSandbox(allow_no_control_group=True).check()


LEAKY = {
    "--seccomp": "system call filter",
    "--unshare-net": "abstract Unix sockets",
    "--unshare-pid": "processes can be seen",
}


@pytest.mark.parametrize("left_out", LEAKY)
async def test_check_finds_what_is_left_open(left_out: str, monkeypatch: pytest.MonkeyPatch) -> None:
    build_command = sandboxed_process.build_command

    def leaky(*arguments: object, **options: object) -> list[str]:
        argv = build_command(*arguments, **options)  # type: ignore[arg-type]
        at = argv.index(left_out)
        return argv[:at] + argv[at + (1 if left_out.startswith("--unshare") else 2) :]

    monkeypatch.setattr(sandboxed_process, "build_command", leaky)
    with pytest.raises(SandboxUnavailable, match=LEAKY[left_out]):
        await BubblewrapSandbox(allow_no_control_group=True).check()


async def test_without_a_control_group_nothing_runs_unless_it_is_allowed(
    runtime: Runtime, public_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's memory (buffers of sockets and pipes) is limited by nothing else."""
    monkeypatch.setattr(bubblewrap, "make_cgroup", lambda _: None)
    monkeypatch.setattr(sandboxed_process, "make_cgroup", lambda _: None)
    policy = write_policy(public_path / "policy", {"server.py": SERVER})
    with pytest.raises(SandboxUnavailable, match="--allow-no-control-group"):
        await BubblewrapSandbox().check()
    with pytest.raises(SandboxFailed, match="No control group"):
        async with BubblewrapSandbox().serve(policy, runtime=runtime, limits=LIMITS):
            pass
    allowed = BubblewrapSandbox(allow_no_control_group=True)
    await allowed.check()
    async with allowed.serve(policy, runtime=runtime, limits=LIMITS) as running:
        assert await Puppet(running).run("result = 'runs'") == "runs"


async def test_without_bubblewrap_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(SandboxUnavailable, match="install the package bubblewrap"):
        await BubblewrapSandbox(allow_no_control_group=True).check()


async def test_without_a_filter_nothing_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise SandboxUnavailable("libseccomp is missing")

    seccomp.build_filter.cache_clear()
    monkeypatch.setattr(seccomp, "_load_library", missing)
    with pytest.raises(SandboxUnavailable, match="libseccomp"):
        await BubblewrapSandbox(allow_no_control_group=True).check()


async def test_where_namespaces_are_forbidden_nothing_runs(monkeypatch: pytest.MonkeyPatch, public_path: Path) -> None:
    fake = public_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(fake))
    with pytest.raises(SandboxUnavailable, match="No permissions to create new namespace"):
        await BubblewrapSandbox(allow_no_control_group=True).check()


async def test_the_template_plays_in_the_sandbox(stage: Stage, public_path: Path) -> None:
    policy = shutil.copytree(TEMPLATE_DIRECTORY, public_path / "policy")
    answers = []
    for _ in range(2):
        async with stage.serve(policy, Limits()) as running:
            client = HttpPolicy("http://policy", unix_socket=running.socket)
            await client.health()
            await client.reset(TASK)
            answers.append([await client.act(TASK.episode_id, step, OBSERVATION) for step in range(3)])
            await client.close()
    assert np.array_equal(*answers)


async def test_links_in_a_repository_lead_nowhere(stage: Stage, public_path: Path) -> None:
    (secret := public_path / "secret").write_text("secret")
    secret.chmod(0o644)
    policy = write_policy(public_path / "policy", {"real.py": SERVER})
    (policy / "server.py").symlink_to("real.py")
    for name, target in {
        "absolute": secret,
        "relative": "../secret",
        "root": "/proc/1/root/etc/shadow",
        "loop": "loop",
        "directory": "..",
    }.items():
        (policy / name).symlink_to(target)
    async with stage.serve(policy) as running:
        read = await Puppet(running).run("""
            result = []
            for name in ("absolute", "relative", "root", "loop", "directory/secret"):
                try:
                    result.append(open(f"/policy/{name}").read())
                except OSError:
                    pass
        """)
    assert read == []


async def test_file_names_that_are_options_are_only_names(stage: Stage, public_path: Path) -> None:
    names = ("--bind", "-c", "--cap-add=ALL", "sitecustomize.py", "usercustomize.py", "uvicorn.py", "os.py")
    policy = write_policy(
        public_path / "--share-net",
        {"server.py": SERVER, **dict.fromkeys(names, "raise SystemExit('taken for something else')")},
    )
    async with stage.serve(policy) as running:
        assert await Puppet(running).run("result = sorted(os.listdir('/policy'))") == sorted([*names, "server.py"])


class Code:
    def __reduce__(self) -> tuple[object, ...]:
        return (os.system, ("id > /tmp/owned; echo owned > /policy/owned; echo owned > /owned",))


async def test_pickled_weights_with_code_run_nowhere_else(stage: Stage, public_path: Path) -> None:
    server = SERVER + "\nimport pickle\npickle.load(open('/policy/weights.pt', 'rb'))\n"
    policy = write_policy(public_path / "policy", {"server.py": server, "weights.pt": pickle.dumps(Code())})
    async with stage.serve(policy) as running:
        assert await Puppet(running).run("result = [os.path.exists('/policy/owned'), os.path.exists('/owned')]") == [
            False,
            False,
        ]
    assert not any(map(os.path.exists, (policy / "owned", "/owned")))


async def test_what_a_policy_prints_is_no_verdict(stage: Stage, public_path: Path) -> None:
    """Nothing that is written to stdout, stderr or any open file is taken for a message of ours."""
    server = SERVER + textwrap.dedent("""
        for number in range(99):
            try:
                os.write(number, b'{"exit-code": 0, "verdict": "match", "child-pid": 1}+')
            except OSError:
                pass
    """)
    policy = write_policy(public_path / "policy", {"server.py": server})
    async with stage.serve(policy) as running:
        assert await Puppet(running).run("result = 1") == 1
        assert await running.wait(0.2) is None
