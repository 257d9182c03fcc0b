"""The docker sandbox and the red team on a real engine, whose image is built without any registry.

The attacks are those that bubblewrap's sandboxes withstand; only what a container shows of itself is asked for here.
Takes some minutes (see tests/fakes/container_engine.py), so it is not among the quick tests.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from kinitro.miner.projects import TEMPLATE_DIRECTORY
from kinitro.policies.client import HttpPolicy
from kinitro.sandbox.docker import LABEL, DockerSandbox
from kinitro.sandbox.errors import PolicyDidNotStart, SandboxFailed
from kinitro.sandbox.interface import Limits, Runtime
from tests.fakes.container_engine import debian, docker, import_image
from tests.fakes.puppet import LIMITS, SANDBOX_VARIABLES, Puppet, Running, Stage, write_policy
from tests.integration.conftest import ROOT
from tests.integration.verification.test_redteam_confinement import (  # noqa: F401 - attacks to run here
    attacker,
    bystander,
    test_abstract_unix_sockets_outside_are_out_of_reach,
    test_descriptors_sent_to_us_are_not_taken,
    test_no_object_of_system_v_is_shared,
    test_no_privilege_is_left_or_to_be_had,
    test_no_process_outside_can_be_signalled,
    test_nothing_but_its_socket_and_its_output_is_open,
    test_nothing_can_be_written_that_outlives_it,
    test_sockets_of_any_family_but_unix_are_refused,
    test_system_calls_of_other_architectures_kill,
    test_system_calls_that_lead_out_are_denied,
    test_system_calls_that_the_filter_cannot_judge_do_not_exist,
    test_there_is_no_network_to_reach,
    test_unix_sockets_in_the_file_system_outside_are_out_of_reach,
    test_upper_bits_do_not_hide_the_address_family,
)
from tests.integration.verification.test_redteam_exhaustion import (  # noqa: F401 - attacks to run here
    test_a_core_is_all_it_gets,
    test_a_memory_bomb_of_one_ends_it_or_fails,
    test_bombs_end_nobody_but_themselves,
    test_daemons_do_not_outlive_a_policy_that_exits,
    test_daemons_go_with_their_policy,
    test_files_in_memory_count,
    test_nothing_is_left_of_a_sandbox,
    test_the_disk_is_not_filled,
    test_what_it_writes_is_shown_but_cannot_speak_to_a_terminal,
)
from tests.integration.verification.test_sandbox_start import MINERS_FAULTS, OBSERVATION, TASK

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.asyncio(loop_scope="session")]
IMAGE = "kinitro-test-policy-runtime"
PYTHON = (3, 11)
"""Debian bookworm's."""
GAINS_RIGHTS = "usr/local/bin/privileged-id"


@dataclass
class ContainerStage:
    """Containers of the engine that answers."""

    sandbox: DockerSandbox
    runtime: Runtime

    @contextlib.asynccontextmanager
    async def serve(self, directory: Path, limits: Limits = LIMITS) -> AsyncIterator[Running]:
        async with self.sandbox.serve(directory, runtime=self.runtime, limits=limits) as served:
            yield served


@pytest.fixture(scope="module")
def image(docker_engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Debian, its Python, the published packages, a program with set-uid, and instructions that must not count."""
    if sys.version_info[:2] != PYTHON:
        pytest.skip("The image's packages are fetched by this interpreter, which is not of Debian bookworm's version.")
    root = tmp_path_factory.mktemp("image") / "root"
    debian(root, "python3")
    packages = root / "usr/local/lib/python{}.{}/dist-packages".format(*PYTHON)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "--only-binary=:all:"]
    lock = ROOT / "requirements/policy-runtime.txt"
    subprocess.run([*install, "--no-deps", "--target", str(packages), "-r", str(lock)], check=True)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    shutil.copy(root / "usr/bin/id", root / GAINS_RIGHTS)
    (root / GAINS_RIGHTS).chmod(0o4755)
    environment = ("ENV PATH=/usr/local/bin:/usr/bin:/bin", "ENV PYTHON_VERSION=3.11")
    import_image(root, IMAGE, *environment, 'ENTRYPOINT ["/bin/false"]', "USER root", "WORKDIR /root")
    shutil.rmtree(root)
    return IMAGE


@pytest.fixture(scope="module")
def sandbox(image: str) -> DockerSandbox:
    return DockerSandbox(image)


@pytest.fixture(scope="module")
def stage(sandbox: DockerSandbox) -> ContainerStage:
    return ContainerStage(sandbox, asyncio.run(sandbox.inspect_runtime()))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def puppet(stage: Stage) -> AsyncIterator[Puppet]:
    async with attacker(stage, replace(LIMITS, wall_s=900)) as puppet:
        yield puppet


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left(image: str) -> Iterator[None]:
    yield
    assert (containers(), docker("volume", "ls", "--quiet")) == ([], "")


def containers() -> list[str]:
    return docker("ps", "--all", "--quiet", "--filter", f"label={LABEL}").split()


async def test_policies_are_isolated(sandbox: DockerSandbox) -> None:
    before = containers()
    await sandbox.check()
    assert containers() == before


async def test_an_honest_policy_acts(stage: ContainerStage, public_path: Path) -> None:
    policy = shutil.copytree(TEMPLATE_DIRECTORY, public_path / "policy")
    async with stage.serve(policy) as served:
        client = HttpPolicy("http://policy", unix_socket=served.socket)
        assert (await client.health()).max_concurrent_episodes == 16
        await client.reset(TASK)
        actions = await client.act(TASK.episode_id, 0, OBSERVATION)
        await client.close()
        assert actions.shape == (1, 4)
        assert served.poll() is None


@pytest.mark.parametrize("fault", MINERS_FAULTS)
async def test_a_policy_that_fails_is_the_miners_fault(stage: ContainerStage, public_path: Path, fault: str) -> None:
    source, why = MINERS_FAULTS[fault]
    policy = write_policy(public_path / "policy", {"server.py": source})
    with pytest.raises(PolicyDidNotStart, match=why):
        async with stage.serve(policy):
            pass


async def test_time_on_the_cpu_ends_one_that_never_starts(stage: ContainerStage, public_path: Path) -> None:
    policy = write_policy(public_path / "policy", {"server.py": "while True: pass"})
    with pytest.raises(PolicyDidNotStart, match="cpu"):
        async with stage.serve(policy, replace(LIMITS, cpu_s=2.5)):
            pass


async def test_a_runtime_without_the_packages_is_ours(stage: ContainerStage, public_path: Path) -> None:
    packages = "/usr/local/lib/python{}.{}/dist-packages/uvicorn".format(*PYTHON)
    recipe = f'FROM {stage.runtime.image}\nRUN ["/bin/rm", "-r", "{packages}"]\n'
    build = ("build", "--network", "none", "--quiet", "-")
    bare = docker(*build, input=recipe.encode(), env={**os.environ, "DOCKER_BUILDKIT": "0"})
    policy = write_policy(public_path / "policy", {"server.py": "app = None"})
    runtime = await DockerSandbox(bare).inspect_runtime()
    with pytest.raises(SandboxFailed, match=r"does not work in the sandbox .*No module named 'uvicorn'"):
        async with stage.sandbox.serve(policy, runtime=runtime, limits=LIMITS):
            pass


async def test_a_container_killed_from_outside_is_ours(stage: ContainerStage, public_path: Path) -> None:
    policy = shutil.copytree(TEMPLATE_DIRECTORY, public_path / "policy")
    before = set(containers())
    async with stage.serve(policy) as served:
        (container,) = set(containers()) - before
        docker("kill", container)
        ending = await served.wait(10)
    assert ending is not None
    assert ending.is_ours, ending


async def test_its_environment_is_ours_and_the_images(puppet: Puppet) -> None:
    variables, everywhere = await puppet.variables()
    assert variables.keys() <= SANDBOX_VARIABLES | {"HOSTNAME", "PYTHON_VERSION"}
    assert variables.get("HOSTNAME", "policy") == "policy"
    assert "do-not-tell" not in str((variables, everywhere))


async def test_no_file_of_this_machine_is_seen(puppet: Puppet, tmp_path: Path) -> None:
    (tmp_path / "wallet").write_text("secret")
    paths = [str(tmp_path / "wallet"), __file__, str(Path.home() / ".bittensor"), str(ROOT)]
    assert await puppet.run(f"result = [path for path in {paths!r} if os.path.exists(path)]") == []
    ours = {path: path.read_text() for path in map(Path, ("/etc/shadow", "/etc/hostname")) if path.exists()}
    told = await puppet.run(f"""
        result = {{}}
        for name in {[str(path) for path in ours]!r}:
            try:
                result[name] = open(name).read()
            except OSError:
                pass
    """)
    assert not set(told.values()) & set(ours.values())


async def test_nothing_leads_out_by_way_of_proc_or_sys(puppet: Puppet, tmp_path: Path) -> None:
    processes = await puppet.run("result = sorted(int(p) for p in os.listdir('/proc') if p.isdecimal())")
    assert len(processes) <= 3
    assert max(processes) < 100, "numbers of this machine"
    (tmp_path / "mark").touch()
    seen = await puppet.run(f"""
        result = []
        for link in ("root", "cwd", "exe"):
            for pid in {processes!r}:
                for path in ({str(tmp_path / "mark")!r}, {str(ROOT)!r}):
                    try:
                        result += [pid] if os.path.exists(f"/proc/{{pid}}/{{link}}{{path}}") else []
                    except OSError:
                        pass
    """)
    assert seen == []
    read = await puppet.run("""
        result = []
        for path in ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/kmsg", "/dev/kmsg"):
            try:
                result += [path] if open(path, "rb").read(64) else []
            except OSError:
                pass
        for path in ("/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern", "/proc/sys/vm/drop_caches",
                     *glob.glob("/sys/fs/cgroup/*/*.procs"), *glob.glob("/sys/fs/cgroup/*.procs"),
                     *glob.glob("/sys/fs/cgroup/*/release_agent"), "/sys/kernel/uevent_helper"):
            try:
                open(path, "w").close()
                result.append(path)
            except OSError:
                pass
    """)
    assert read == []


async def test_set_uid_gives_nothing(puppet: Puppet) -> None:
    became, own = await puppet.run(f"""
        run = lambda name: subprocess.run([name, "-u"], capture_output=True, text=True, check=True).stdout.strip()
        result = [run("/{GAINS_RIGHTS}"), str(os.getuid())]
    """)
    assert became == own != "0"


async def test_devices_are_harmless(puppet: Puppet) -> None:
    names = await puppet.run("""
        result = []
        for top, _, names in os.walk("/dev"):
            result += [os.path.join(top, name) for name in names]
    """)
    assert set(names) <= {
        *(f"/dev/{name}" for name in ("full", "null", "random", "tty", "urandom", "zero", "core", "ptmx", "fd")),
        *("/dev/stdin", "/dev/stdout", "/dev/stderr", "/dev/pts/ptmx"),
    }
    terminal = await puppet.run("""
        libc = ctypes.CDLL(None, use_errno=True)
        result = []
        for request in (0x5412, 0x5412 | 1 << 32, 0x541C):
            ctypes.set_errno(0)
            libc.syscall(ctypes.c_long(16), 0, ctypes.c_ulong(request), b"x")
            result.append(errno.errorcode.get(ctypes.get_errno(), "done"))
    """)
    assert terminal == ["EPERM"] * 3


async def test_nothing_else_can_be_written(puppet: Puppet) -> None:
    """Memory of limited size, and nothing of which the machine's disk is made."""
    written = await puppet.run("""
        result = []
        for top, directories, _ in os.walk("/"):
            if top.startswith(("/proc", "/sys")):
                directories.clear()
                continue
            try:
                path = os.path.join(top, "planted")
                open(path, "w").close()
                os.unlink(path)
                result.append(top)
            except OSError:
                pass
    """)
    assert set(written) <= {"/tmp", "/dev/shm", "/dev/mqueue"}
