"""Strangers' code tries to use up the machine, or to stay on it: it is ended, for the right reason, and is gone."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import secrets
import textwrap
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kinitro.policies.errors import PolicyError
from kinitro.sandbox import sandboxed_process
from kinitro.sandbox.cgroups import make_cgroup
from kinitro.sandbox.interface import MIB, Ending, EndReason, Limits, Runtime
from tests.fakes.puppet import (
    LIMITS,
    SERVER,
    OwnStage,
    Puppet,
    Stage,
    StrangersStage,
    control_groups,
    processes_marked,
    write_policy,
)
from tests.fakes.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="session")


@asynccontextmanager
async def puppet_on(stage: Stage, directory: Path, limits: Limits = LIMITS) -> AsyncIterator[Puppet]:
    async with stage.serve(write_policy(directory / "policy", {"server.py": SERVER}), limits) as running:
        yield Puppet(running)


async def ending_of(puppet: Puppet, source: str, within_s: float = 15.0) -> Ending:
    """How the policy ended that was told to do this."""
    attack = asyncio.create_task(puppet.run(source))
    try:
        ending = await puppet.running.wait(within_s)
    finally:
        attack.cancel()
        await asyncio.gather(attack, return_exceptions=True)
    assert ending is not None, "it goes on"
    return ending


FORK_BOMB = """
    while True:
        try:
            if os.fork() == 0:
                os.setsid()
        except OSError:
            pass
"""
THREAD_BOMB = """
    import threading
    threading.stack_size(1 << 17)  # so that it is not memory that runs out
    while True:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
"""
MEMORY_BOMB = """
    block = bytearray(b"x" * (1 << 20)) * 2000
"""
MEMORY_BOMB_OF_MANY = """
    for _ in range(8):
        if os.fork() == 0:
            blocks = []
            while len(blocks) < 100:
                blocks.append(os.urandom(1 << 20))
                time.sleep(0.005)
            time.sleep(60)
    time.sleep(60)
"""
CPU_BOMB_OF_MANY = """
    for _ in range(6):
        if os.fork() == 0:
            while True:
                pass
    time.sleep(60)
"""
CPU_BOMB_OF_THE_SHORT_LIVED = """
    while True:
        child = os.fork()
        if child == 0:
            end = time.process_time() + 0.2
            while time.process_time() < end:
                pass
            os._exit(0)
        os.waitpid(child, 0)
"""
OUTPUT_FLOOD = """
    while True:
        os.write(1, b"x" * 65536)
"""
ERROR_FLOOD = """
    while True:
        print("y" * 1000, file=sys.stderr)
"""
BOMBS = {
    "processes": (FORK_BOMB, EndReason.PIDS, LIMITS),
    "threads": (THREAD_BOMB, EndReason.PIDS, LIMITS),
    "memory_of_many": (MEMORY_BOMB_OF_MANY, EndReason.MEMORY, LIMITS),
    "cpu_of_many": (CPU_BOMB_OF_MANY, EndReason.CPU, replace(LIMITS, cpu_s=2)),
    "cpu_of_the_short_lived": (CPU_BOMB_OF_THE_SHORT_LIVED, EndReason.CPU, replace(LIMITS, cpu_s=2)),
    "output": (OUTPUT_FLOOD, EndReason.OUTPUT, LIMITS),
    "errors": (ERROR_FLOOD, EndReason.OUTPUT, LIMITS),
    "sleep": ("time.sleep(60)", EndReason.WALL, replace(LIMITS, wall_s=4)),
}


@pytest.mark.parametrize("bomb", BOMBS)
async def test_bombs_end_nobody_but_themselves(stage: Stage, public_path: Path, bomb: str) -> None:
    source, reason, limits = BOMBS[bomb]
    async with puppet_on(stage, public_path, limits) as puppet:
        ending = await ending_of(puppet, source)
    assert ending.reason is reason
    assert not ending.is_ours
    assert len(ending.log) <= 8192


async def test_a_memory_bomb_of_one_ends_it_or_fails(stage: Stage, public_path: Path) -> None:
    """A control group kills. Where a process is limited by itself, Python raises MemoryError and lives."""
    async with puppet_on(stage, public_path) as puppet:
        attack = asyncio.create_task(puppet.run(MEMORY_BOMB))
        await asyncio.wait([attack], timeout=15)
        with pytest.raises((AssertionError, PolicyError)) as told:
            await attack
        if (ending := await puppet.running.wait(0.5)) is None:
            assert "MemoryError" in str(told.value)
        else:
            assert ending.reason is EndReason.MEMORY


async def test_the_status_of_a_killed_process_is_no_excuse(
    runtime: Runtime, public_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who exits with 137 while another process runs out of memory was not killed: the control group says so."""
    if (cgroup := make_cgroup(LIMITS)) is None:
        pytest.skip("no control group can be made here, so the reason of a kill is not known")
    cgroup.remove()
    kills = itertools.count()
    monkeypatch.setattr(sandboxed_process, "count_out_of_memory_kills", lambda: next(kills))
    async with puppet_on(OwnStage(runtime), public_path) as puppet:
        ending = await ending_of(puppet, "os._exit(137)")
    assert (ending.reason, ending.code) == (EndReason.EXITED, 137)
    assert not ending.is_ours


FILLERS = {
    "one_file": """
        result = 0
        try:
            with open("{0}/file", "wb") as file:
                while True:
                    result += file.write(bytes(1 << 20))
        except OSError as error:
            assert error.errno in (errno.ENOSPC, errno.EFBIG), error
    """,
    "many_files": """
        result = 0
        try:
            for number in range(1000):
                with open(f"{0}/{{number}}", "wb") as file:
                    result += file.write(bytes(1 << 20))
        except OSError as error:
            assert error.errno in (errno.ENOSPC, errno.EFBIG), error
    """,
    "hole": """
        result = 0
        try:
            with open("{0}/hole", "wb") as file:
                file.truncate(1 << 40)
            result = 1 << 40
        except OSError as error:
            assert error.errno in (errno.ENOSPC, errno.EFBIG), error
    """,
}


async def test_the_disk_is_not_filled(stage: Stage, public_path: Path) -> None:
    async with puppet_on(stage, public_path) as puppet:
        for directory in ("/tmp", "/dev/shm"):
            for filler in FILLERS.values():
                written = await puppet.run(filler.format(directory))
                assert written <= LIMITS.file_bytes


async def test_files_in_memory_count(stage: Stage, public_path: Path) -> None:
    async with puppet_on(stage, public_path) as puppet:
        try:
            held = await puppet.run("""
                result, kept = 0, []
                try:
                    while result < 2000 << 20:
                        kept.append(os.fdopen(os.memfd_create("x"), "wb", buffering=0))
                        result += kept[-1].write(b"x" * (16 << 20))
                except OSError:
                    pass
            """)
        except PolicyError:
            ending = await puppet.running.wait(2)
            assert ending is not None
            assert ending.reason is EndReason.MEMORY
        else:
            assert held <= LIMITS.memory_bytes


SHARED = {
    "anonymous": """
        import mmap
        result = 0
        for _ in range(250):
            piece = mmap.mmap(-1, 4 << 20)
            piece.write(b"x" * (4 << 20))
            piece.madvise(mmap.MADV_DONTNEED)  # it stays, and no process has it any more
            result += 4 << 20
            kept.append(piece)
    """,
    "device": """
        import mmap
        result = 0
        for _ in range(250):
            with open("/dev/zero", "r+b", buffering=0) as zero:
                kept.append(mmap.mmap(zero.fileno(), 4 << 20))
            kept[-1].write(b"x" * (4 << 20))
            kept[-1].madvise(mmap.MADV_DONTNEED)
            result += 4 << 20
    """,
    "system_v": """
        libc, result = ctypes.CDLL(None, use_errno=True), 0
        libc.shmat.restype = ctypes.c_void_p
        for _ in range(250):
            number = libc.shmget(0, 4 << 20, 0o1600)
            if number == -1:
                raise OSError(ctypes.get_errno(), "shmget")
            address = libc.shmat(number, None, 0)
            ctypes.memset(ctypes.c_void_p(address), 1, 4 << 20)
            libc.shmdt(ctypes.c_void_p(address))
            result += 4 << 20
    """,
    "unmapped_memfd": """
        result = 0
        for _ in range(250):
            file = os.memfd_create("x")
            os.write(file, b"x" * (4 << 20))
            kept.append(file)
            result += 4 << 20
    """,
}


@pytest.mark.parametrize("kind", SHARED)
async def test_shared_memory_counts(stage: Stage, public_path: Path, kind: str) -> None:
    """1000 MiB that belong to no process are refused, or end the policy: never has it more than its limit."""
    async with puppet_on(stage, public_path) as puppet:
        attack = asyncio.create_task(puppet.run("kept = []\n" + textwrap.dedent(SHARED[kind])))
        await asyncio.wait([attack], timeout=20)
        with pytest.raises((AssertionError, PolicyError)) as told:
            await attack
        if (ending := await puppet.running.wait(1)) is None:
            assert re.search("PermissionError|OSError|MemoryError|FileNotFoundError", str(told.value)), told.value
        else:
            assert ending.reason is EndReason.MEMORY


async def test_files_and_memory_count_together(stage: Stage, public_path: Path) -> None:
    """What is written to /tmp and /dev/shm is memory: with its own it is more than the limit."""
    limits = replace(LIMITS, memory_bytes=256 * MIB, file_bytes=128 * MIB)
    async with puppet_on(stage, public_path, limits) as puppet:
        ending = await ending_of(
            puppet,
            """
            block = bytearray(96 << 20)
            block[::4096] = b"x" * (24 << 10)  # every page
            for directory in ("/tmp", "/dev/shm"):
                with open(f"{directory}/file", "wb") as file:
                    for _ in range(110):
                        file.write(bytes(1 << 20))
            time.sleep(30)
            """,
        )
    assert ending.reason is EndReason.MEMORY


async def test_files_without_content_count(stage: Stage, public_path: Path) -> None:
    """Each takes memory of the kernel's, and a directory in memory has room for millions."""
    limits = replace(LIMITS, memory_bytes=100 * MIB, file_bytes=512 * MIB)
    async with puppet_on(stage, public_path, limits) as puppet:
        ending = await ending_of(
            puppet,
            """
            for number in range(1_000_000):
                os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
            time.sleep(30)
            """,
            within_s=40,
        )
    assert ending.reason is EndReason.MEMORY


async def test_a_core_is_all_it_gets(stage: Stage, public_path: Path) -> None:
    if isinstance(stage, StrangersStage):
        pytest.skip("without a control group nothing limits how many cores are busy")
    async with puppet_on(stage, public_path, replace(LIMITS, cpus=0.5)) as puppet:
        busy = await puppet.run("""
            children, begin = [], time.monotonic()
            for _ in range(4):
                child = os.fork()
                if child == 0:
                    while time.monotonic() < begin + 1:
                        pass
                    os._exit(0)
                children.append(child)
            used = [os.wait4(child, 0)[2] for child in children]
            result = sum(usage.ru_utime + usage.ru_stime for usage in used) / (time.monotonic() - begin)
        """)
    assert busy < 0.75


DAEMON = """
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.setsid()
            for number in (1, 2, 15):
                signal.signal(number, signal.SIG_IGN)
            os.closerange(0, 64)
            os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(60)", "{0}"])
        os._exit(0)
    os.wait()
    result = None
"""


async def test_daemons_go_with_their_policy(stage: Stage, public_path: Path) -> None:
    mark = secrets.token_hex(8)
    async with puppet_on(stage, public_path) as puppet:
        await puppet.run(DAEMON.format(mark))
        assert await until(lambda: len(processes_marked(mark)) == 1)
    assert processes_marked(mark) == []


async def test_daemons_do_not_outlive_a_policy_that_exits(stage: Stage, public_path: Path) -> None:
    mark = secrets.token_hex(8)
    async with puppet_on(stage, public_path) as puppet:
        await puppet.run(DAEMON.format(mark))
        assert await until(lambda: len(processes_marked(mark)) == 1)
        ending = await ending_of(puppet, "os._exit(7)")
        assert (ending.reason, ending.code) == (EndReason.EXITED, 7)
        assert processes_marked(mark) == []


async def test_nothing_is_left_of_a_sandbox(stage: Stage, public_path: Path) -> None:
    before = control_groups(os.getpid())
    async with puppet_on(stage, public_path) as puppet:
        socket = puppet.running.socket
        await puppet.run("open('/tmp/left', 'w').close(); result = None")
        assert socket.exists()
        begin = time.monotonic()
    assert time.monotonic() - begin < 5
    assert not socket.parent.exists()
    assert control_groups(os.getpid()) == before
    async with puppet_on(stage, public_path) as puppet:
        assert not await puppet.run("result = os.path.exists('/tmp/left')")


async def test_what_it_writes_is_shown_but_cannot_speak_to_a_terminal(stage: Stage, public_path: Path) -> None:
    async with puppet_on(stage, public_path) as puppet:
        ending = await ending_of(
            puppet, 'os.write(2, b"\\x1b]0;owned\\x07 \\xff\\x00 \\xe2\\x80\\xae last\\n"); os._exit(3)'
        )
    assert ending.reason is EndReason.EXITED
    assert ending.code == 3
    assert "last" in str(ending)
    assert all(character.isprintable() or character == "\n" for character in ending.log)
