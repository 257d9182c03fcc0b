"""Strangers' code looks for a way out of the sandbox: nothing is seen, reached, changed or signalled."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from kinitro.sandbox.interface import Limits
from tests.fakes.puppet import (
    LIMITS,
    SANDBOX_VARIABLES,
    SERVER,
    Puppet,
    Stage,
    StrangersStage,
    public_directory,
    write_policy,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SYSCALL = """
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    returned = libc.syscall(ctypes.c_long(number), *arguments)
    return errno.errorcode[ctypes.get_errno()] if returned == -1 else "done"
"""


@asynccontextmanager
async def attacker(stage: Stage, limits: Limits = LIMITS) -> AsyncIterator[Puppet]:
    """One for all attacks that leave it alive."""
    with pytest.MonkeyPatch.context() as patch, public_directory() as directory:
        patch.setenv("KINITRO_TEST_SECRET", "do-not-tell")
        policy = write_policy(directory / "policy", {"server.py": SERVER})
        async with stage.serve(policy, limits) as running:
            yield Puppet(running)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def puppet(stage: Stage) -> AsyncIterator[Puppet]:
    async with attacker(stage) as puppet:
        yield puppet


async def test_no_secret_is_in_the_environment(puppet: Puppet) -> None:
    variables, everywhere = await puppet.variables()
    assert variables.keys() <= SANDBOX_VARIABLES
    assert "do-not-tell" not in str((variables, everywhere))


async def test_no_file_of_this_machine_is_seen(puppet: Puppet, tmp_path: Path) -> None:
    (tmp_path / "wallet").write_text("secret")
    paths = [tmp_path / "wallet", Path(__file__), Path.home() / ".bittensor", "/etc/shadow", "/etc/hostname"]
    paths += [
        "/var",
        "/home",
        "/boot",
        "/sys",
        "/run",
        "/mnt",
        "/srv",
        "/opt",
        "/usr/bin/bash",
        "/bin/sh",
        "/usr/bin/env",
    ]
    found = await puppet.run(f"result = [path for path in {[str(path) for path in paths]!r} if os.path.exists(path)]")
    assert found == []
    top = await puppet.run("result = sorted(os.listdir('/'))")
    assert {"policy", "proc", "tmp", "usr"} <= set(top)
    assert not {"sys", "run", "var", "home", "boot", "opt", "mnt", "srv", "media"} & set(top)


async def test_nothing_leads_out_by_way_of_proc(puppet: Puppet) -> None:
    processes = await puppet.run("result = sorted(int(p) for p in os.listdir('/proc') if p.isdecimal())")
    assert len(processes) <= 3
    assert max(processes) < 100, "numbers of this machine"
    seen = await puppet.run("""
        result = {}
        for link in ("root", "cwd", "exe"):
            for pid in (1, "self"):
                try:
                    path = f"/proc/{pid}/{link}"
                    result[path] = os.path.exists(f"{path}/etc/shadow") or os.path.exists(f"{path}/home")
                except OSError:
                    result[path] = False
    """)
    assert not any(seen.values()), seen
    opened = await puppet.run("""
        result = []
        for number in os.listdir("/proc/1/fd") if os.access("/proc/1/fd", os.R_OK) else []:
            try:
                result.append(os.listdir(f"/proc/1/fd/{number}/"))
            except OSError:
                pass
    """)
    assert opened == []


async def test_nothing_but_its_socket_and_its_output_is_open(puppet: Puppet) -> None:
    opened = await puppet.run("""
        result = {}
        for number in os.listdir("/proc/self/fd"):
            try:
                result[number] = os.readlink(f"/proc/self/fd/{number}")
            except OSError:
                pass
    """)
    targets = [target for number, target in opened.items() if int(number) > 2]
    files = [target for target in targets if target.startswith("/") and not target.startswith("/proc")]
    assert set(files) <= {"/dev/null"}, opened
    pipes = [target for target in targets if target.startswith("pipe:")]
    assert all(pipes.count(pipe) == 2 for pipe in pipes), f"the other end is elsewhere: {opened}"
    assert not any("memfd" in target for target in opened.values()), opened


@pytest.mark.parametrize("family", range(46))
async def test_sockets_of_any_family_but_unix_are_refused(puppet: Puppet, family: int) -> None:
    tried = await puppet.run(f"""
        result = {{}}
        for kind in (1, 2, 3, 5):
            try:
                socket.socket({family}, kind).close()
                result[kind] = "made"
            except OSError as error:
                result[kind] = errno.errorcode[error.errno]
    """)
    if family == socket.AF_UNIX:
        assert tried["1"] == "made"
    else:
        assert set(tried.values()) == {"EACCES"}


async def test_upper_bits_do_not_hide_the_address_family(puppet: Puppet) -> None:
    disguised = await puppet.run(
        SYSCALL + "result = [call(41, ctypes.c_ulong(family | 1 << 32), 1, 0) for family in (1, 2, 10, 40)]"
    )
    assert disguised == ["EACCES"] * 4


async def test_abstract_unix_sockets_outside_are_out_of_reach(puppet: Puppet) -> None:
    name = f"kinitro-{secrets.token_hex(4)}"
    with socket.socket(socket.AF_UNIX) as outside:
        outside.bind(f"\0{name}")
        outside.listen()
        reached = await puppet.run(f"""
            with socket.socket(socket.AF_UNIX) as own:
                result = errno.errorcode.get(own.connect_ex("\\0{name}"), "connected")
        """)
    assert reached == "ECONNREFUSED"


async def test_unix_sockets_in_the_file_system_outside_are_out_of_reach(puppet: Puppet) -> None:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as outside:
        outside.bind(f"{directory}/daemon.sock")
        outside.listen()
        for path in (f"{directory}/daemon.sock", "/var/run/docker.sock", str(puppet.running.socket)):
            reached = await puppet.run(f"""
                with socket.socket(socket.AF_UNIX) as own:
                    result = errno.errorcode.get(own.connect_ex({path!r}), "connected")
            """)
            assert reached in ("ENOENT", "EACCES")


async def test_there_is_no_network_to_reach(puppet: Puppet) -> None:
    interfaces = await puppet.run("result = [line.split(':')[0].strip() for line in open('/proc/net/dev')][2:]")
    assert interfaces in ([], ["lo"])
    assert await puppet.run("result = open('/proc/net/route').read().splitlines()[1:]") == []


X86_64_CALLS = {
    **{"ptrace": (101, 0), "process_vm_readv": (310, 1), "process_vm_writev": (311, 1), "pidfd_getfd": (438, 3)},
    **{"mount": (165,), "umount2": (166,), "pivot_root": (155,), "chroot": (161,), "move_mount": (429,)},
    **{"open_tree": (428,), "fsopen": (430,), "fsmount": (432,), "mount_setattr": (442,)},
    **{"unshare_user": (272, 0x10000000), "unshare_net": (272, 0x40000000), "setns": (308, 0)},
    **{"clone_user": (56, 0x10000000 | 17), "clone_mount": (56, 0x00020000 | 17), "clone_pid": (56, 0x20000000 | 17)},
    **{"io_uring_setup": (425, 1), "io_uring_enter": (426, 0), "io_uring_register": (427, 0)},
    **{"keyctl": (250, 0), "add_key": (248,), "request_key": (249,), "bpf": (321, 0), "perf_event_open": (298,)},
    **{"userfaultfd": (323, 0), "kexec_load": (246,), "init_module": (175,), "delete_module": (176,)},
    **{"open_by_handle_at": (304,), "name_to_handle_at": (303,), "mknod": (133,), "mknodat": (259,)},
    **{"reboot": (169,), "swapon": (167,), "syslog": (103, 3), "acct": (163,), "sethostname": (170,)},
    **{"settimeofday": (164,), "clock_settime": (227,), "iopl": (172, 3), "ioperm": (173,), "modify_ldt": (154,)},
    **{"personality": (135, 0x0040000), "quotactl": (179,), "fanotify_init": (300,), "move_pages": (279,)},
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of system calls are those of x86_64")
@pytest.mark.parametrize("name", X86_64_CALLS)
async def test_system_calls_that_lead_out_are_denied(puppet: Puppet, name: str) -> None:
    number, *arguments = X86_64_CALLS[name]
    assert await puppet.run(SYSCALL + f"result = call({number}, *{[*arguments, 0, 0, 0][:4]!r})") == "EPERM"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers of system calls are those of x86_64")
@pytest.mark.parametrize("number", [435, 463, 467, 511], ids=["clone3", "setxattrat", "open_tree_attr", "future"])
async def test_system_calls_that_the_filter_cannot_judge_do_not_exist(puppet: Puppet, number: int) -> None:
    assert await puppet.run(SYSCALL + f"result = call({number}, 0, 0, 0, 0, 0, 0)") == "ENOSYS"


OTHER_TABLES = {
    "x32": SYSCALL + "call(0x40000000 | 41, 2, 1, 0)",
    "i386": """
import mmap
code = bytes.fromhex("b867010000 cd80 c3")  # mov eax, 359 (socket); int 0x80; ret
alone, usable = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
page = mmap.mmap(-1, 4096, flags=alone, prot=usable)
page.write(code)
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
""",
}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="other machines have no second table of system calls")
@pytest.mark.parametrize("table", OTHER_TABLES)
async def test_system_calls_of_other_architectures_kill(puppet: Puppet, table: str) -> None:
    status = await puppet.run(f"""
        child = os.fork()
        if child == 0:
            exec({OTHER_TABLES[table]!r})
            os._exit(0)
        result = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    """)
    assert status == -31, "it must die of SIGSYS"


async def test_no_privilege_is_left_or_to_be_had(puppet: Puppet) -> None:
    status = await puppet.run("result = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines())")
    assert {name: int(value, 16) for name, value in status.items() if name.startswith("Cap")} == dict.fromkeys(
        ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), 0
    )
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    ids = await puppet.run("result = [*os.getresuid(), *os.getresgid()]")
    assert 0 not in ids
    refused = await puppet.run("""
        result = []
        for become in (os.setuid, os.setgid):
            try:
                become(0)
                result.append(become.__name__)
            except OSError:
                pass
        try:
            os.setgroups([0])
            result.append("setgroups")
        except OSError:
            pass
    """)
    assert refused == []


async def test_no_program_with_privileges_is_there(puppet: Puppet) -> None:
    found = await puppet.run("""
        result = []
        for top, _, names in os.walk("/"):
            if top.startswith("/proc"):
                continue
            for name in names:
                try:
                    if os.lstat(os.path.join(top, name)).st_mode & 0o6000:
                        flags = os.statvfs(os.path.join(top, name)).f_flag
                        result += [] if flags & os.ST_NOSUID else [os.path.join(top, name)]
                except OSError:
                    pass
    """)
    assert found == []


async def test_nothing_can_be_written_that_outlives_it(puppet: Puppet) -> None:
    written = await puppet.run("""
        result = []
        tops = ["/", "/policy", "/usr", "/usr/lib", "/etc", "/dev", "/proc", "/proc/sys/kernel", "/launch.py"]
        for top in {*tops, os.path.dirname(os.__file__), sys.prefix, sys.base_prefix, *sys.path}:
            for attempt in (
                lambda: open(f"{top}/planted.pth", "w").close(),
                lambda: os.mkdir(f"{top}/planted"),
                lambda: os.chmod(top, 0o777),
                lambda: os.utime(top),
                lambda: os.setxattr(top, "user.planted", b"1"),
                lambda: os.rename(top, top + "-moved"),
            ):
                try:
                    attempt()
                    result.append(top)
                except OSError:
                    pass
        for name in ("/policy/server.py", "/launch.py", os.__file__):
            try:
                open(name, "a").close()
                result.append(name)
            except OSError:
                pass
    """)
    assert written == []


async def test_devices_are_harmless(puppet: Puppet, stage: Stage) -> None:
    devices = {"fd", "full", "null", "random", "shm", "urandom"}
    if not isinstance(stage, StrangersStage):  # without a control group nothing counts shared mappings of it
        devices.add("zero")
    assert set(await puppet.run("result = os.listdir('/dev')")) == devices
    terminal = await puppet.run(SYSCALL + "result = [call(16, 0, 0x5412, b'x'), call(16, 0, 0x5412 | 1 << 32, b'x')]")
    assert terminal == ["EPERM", "EPERM"]


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A process of this user that minds its own business."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


async def test_no_process_outside_can_be_signalled(puppet: Puppet, bystander: subprocess.Popen[bytes]) -> None:
    assert (
        await puppet.run(f"""
            result = []
            for pid in ({bystander.pid}, {os.getpid()}, {os.getppid()}, -{os.getpgid(0)}):
                try:
                    os.kill(pid, 9)
                    result.append(pid)
                except OSError:
                    pass
        """)
        == []
    )
    await puppet.run("""
        try:
            os.kill(1, 9)
        except OSError:
            pass
        result = None
    """)
    assert await puppet.run("result = 'still here'") == "still here"
    assert bystander.poll() is None


async def test_no_object_of_system_v_is_shared(puppet: Puppet) -> None:
    for table in ("shm", "sem", "msg"):
        assert len(await puppet.run(f"result = open('/proc/sysvipc/{table}').read().splitlines()")) == 1


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_descriptors_sent_to_us_are_not_taken(puppet: Puppet) -> None:
    """A server may attach open files to what it sends over a Unix socket; ours never receives them."""
    before = open_files()
    sent = await puppet.run("""
        import array
        result = 0
        for number in os.listdir("/proc/self/fd"):
            try:
                copy = os.dup(int(number))
            except OSError:
                continue
            try:
                peer = socket.socket(fileno=copy)
            except OSError:
                os.close(copy)
                continue
            try:
                peer.getpeername()
            except OSError:
                peer.close()
                continue
            peer.sendmsg([b""], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))])
            result += 1
    """)
    assert sent >= 1
    await asyncio.sleep(0.05)
    assert open_files() <= before + 1, "the connection may stay open"


async def test_files_of_the_machine_cannot_be_locked_or_watched(stage: Stage) -> None:
    """The libraries inside are the machine's own: a lock on one holds outside, and a watch tells who opens it."""
    async with attacker(stage) as puppet:
        tried = await puppet.run("""
            import fcntl, struct
            library = next(line.split()[-1] for line in open("/proc/self/maps") if "libc.so" in line)
            libc = ctypes.CDLL(None, use_errno=True)
            lock = struct.pack("hhqqi", fcntl.F_RDLCK, 0, 0, 0, 0)
            number = 72 if os.uname().machine == "x86_64" else 25
            file, result = os.open(library, os.O_RDONLY), {}
            attempts = {
                "flock": (libc.flock, file, fcntl.LOCK_SH | fcntl.LOCK_NB),
                "lock": (libc.fcntl, file, fcntl.F_SETLK, lock),
                "lock_of_the_file": (libc.fcntl, file, 37, lock),
                "lease": (libc.fcntl, file, fcntl.F_SETLEASE, fcntl.F_RDLCK),
                "upper_bits": (libc.syscall, number, file, ctypes.c_ulong(6 | 1 << 32), lock),
                "notify": (libc.fcntl, os.open("/usr/lib", os.O_RDONLY), 1026, 1),
                "inotify": (libc.inotify_init,),
                "inotify1": (libc.inotify_init1, 0),
            }
            for name, (call, *arguments) in attempts.items():
                result[name] = "done" if call(*arguments) != -1 else errno.errorcode[ctypes.get_errno()]
        """)
    assert set(tried.values()) == {"EPERM"}, tried


async def test_what_else_fcntl_does_is_allowed(stage: Stage) -> None:
    async with attacker(stage) as puppet:
        assert await puppet.run("""
            import fcntl
            with open("/tmp/file", "wb") as file:
                result = fcntl.fcntl(file, fcntl.F_GETFD)
                fcntl.fcntl(file, fcntl.F_SETFL, os.O_NONBLOCK)
                os.close(fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 10))
        """)
