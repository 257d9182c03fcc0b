"""The default sandbox: bubblewrap, a system call filter and control groups. Needs no daemon, as root or as anybody."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kinitro.logs import get_logger
from kinitro.sandbox.cgroups import make_cgroup, remove_abandoned
from kinitro.sandbox.errors import SandboxFailed, SandboxUnavailable
from kinitro.sandbox.interface import Ending, Limits, Runtime
from kinitro.sandbox.processes import end_half_started
from kinitro.sandbox.readiness import until_healthy
from kinitro.sandbox.runtimes import inspect_runtime
from kinitro.sandbox.sandboxed_process import Guest, admitted
from kinitro.sandbox.startup import (
    LAUNCHER,
    POLICY,
    PROBE,
    READY,
    SCRIPT,
    admit,
    bait,
    channel,
    check_readable,
    judge,
    listening,
    read_to_end,
    within_setup,
)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BubblewrappedPolicy:
    """A policy that runs; see `interface.SandboxedPolicy`."""

    socket: Path
    guest: Guest

    def ended(self) -> Ending | None:
        return self.guest.ended()

    async def wait(self, within_s: float) -> Ending | None:
        return await self.guest.wait(within_s)


class BubblewrapSandbox:
    """See `interface.Sandbox`."""

    name: ClassVar[str] = "bwrap"

    def __init__(self, *, allow_no_control_group: bool = False) -> None:
        """`allow_no_control_group`: run policies also where nothing limits the kernel's memory and cores they use."""
        self._without_cgroup = allow_no_control_group

    async def check(self) -> None:
        """Attack a sandbox from inside; raises SandboxUnavailable if anything succeeds, or if nothing can be tried, or
        without control groups unless that is allowed."""
        end_half_started(str(SCRIPT))
        remove_abandoned()
        self._check_limits()
        try:
            judge(await _attacked(without_cgroup=self._without_cgroup))
        except SandboxFailed as error:
            raise SandboxUnavailable(
                f"Policies cannot be shut in on this machine ({error}): allow this user to make user namespaces, "
                "run as root, or use --sandbox docker."
            ) from None

    def _check_limits(self) -> None:
        """Raises SandboxUnavailable where no control group can be made, unless that is allowed."""
        cgroup = make_cgroup(Limits())
        if cgroup is not None:
            cgroup.remove()
        elif self._without_cgroup:
            log.warning(
                "no_control_group",
                hint="What policies use is measured ten times a second instead; neither the kernel's memory (buffers "
                "of sockets and pipes) nor how many cores they use is limited.",
            )
        else:
            raise SandboxUnavailable(
                "No control group can be made here, so a policy could use up the kernel's memory and all cores: run as "
                "root or with a delegated group (systemd: Delegate=yes, DelegateSubgroup=main), or accept it with "
                "--allow-no-control-group."
            )

    @contextlib.asynccontextmanager
    async def serve(
        self,
        policy: Path,
        *,
        runtime: Runtime,
        limits: Limits = Limits(),  # noqa: B008 - immutable
    ) -> AsyncIterator[BubblewrappedPolicy]:
        """Run `server:app` of a directory that everybody may read; see `interface.Sandbox.serve`."""
        check_readable(policy)
        async with contextlib.AsyncExitStack() as stack:
            path, listener = stack.enter_context(listening())
            status, status_end = channel(stack)
            shown = [*((needed, needed) for needed in runtime.read_only), (policy, POLICY)]
            theirs = status_end.fileno()
            guest = await stack.enter_async_context(
                admitted(
                    LAUNCHER,
                    (theirs,),
                    python=runtime.python,
                    read_only=shown,
                    limits=limits,
                    inherited=(theirs,),
                    without_cgroup=self._without_cgroup,
                )
            )
            status_end.close()
            admit(status, listener)
            if await within_setup(read_to_end(status)) != READY:
                raise SandboxFailed(f"The runtime {runtime.name} does not work in the sandbox ({await guest.wait(1)}).")
            served = BubblewrappedPolicy(path, guest)
            await until_healthy(served, limits.start_s)
            yield served


async def _attacked(*, without_cgroup: bool) -> str:
    """What `probe.py` reports from inside a sandbox with our own interpreter."""
    runtime = await inspect_runtime(Path(sys.executable))
    async with contextlib.AsyncExitStack() as stack:
        unseen, abstract = stack.enter_context(bait())
        report, report_end = channel(stack)
        theirs = report_end.fileno()
        guest = await stack.enter_async_context(
            admitted(
                PROBE,
                (theirs, unseen, abstract),
                python=runtime.python,
                read_only=[(needed, needed) for needed in runtime.read_only],
                limits=Limits(),
                inherited=(theirs,),
                without_cgroup=without_cgroup,
            )
        )
        report_end.close()
        admit(report)
        said = (await within_setup(read_to_end(report))).decode()
        if not said and (ending := await guest.wait(1)):
            raise SandboxFailed(str(ending))
        return said
