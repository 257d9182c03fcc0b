"""The default sandbox: bubblewrap, a system call filter and control groups. It needs no daemon and no root rights."""

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
from kinitro.sandbox.readiness import wait_until_healthy
from kinitro.sandbox.runtimes import inspect_runtime
from kinitro.sandbox.sandboxed_process import SandboxedProcess, spawn
from kinitro.sandbox.startup import (
    LAUNCHER,
    POLICY,
    PROBE,
    READY,
    SCRIPT,
    check_probe_report,
    check_readable,
    listen,
    open_channel,
    place_decoys,
    read_to_end,
    send_go_ahead,
    wait_for_setup,
)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BubblewrappedPolicy:
    """A running policy; see `interface.SandboxedPolicy`."""

    socket: Path
    process: SandboxedProcess

    def poll(self) -> Ending | None:
        return self.process.poll()

    async def wait(self, within_s: float) -> Ending | None:
        return await self.process.wait(within_s)


class BubblewrapSandbox:
    """Runs policies under bubblewrap; see `interface.Sandbox`."""

    name: ClassVar[str] = "bwrap"

    def __init__(self, *, allow_no_control_group: bool = False) -> None:
        """Make a sandbox; nothing starts yet.

        allow_no_control_group: run policies also where no control group can be made, so that nothing limits the
        kernel memory and the cores that they use.
        """
        self._without_cgroup = allow_no_control_group

    async def check(self, *, tidy: bool = True) -> None:
        """Attack a sandbox from inside; `tidy`: first end and remove what killed verifiers have left behind.

        Raises SandboxUnavailable if an attack succeeds, if none can be tried, or if no control group can be made and
        that is not allowed.
        """
        if tidy:
            end_half_started(str(SCRIPT))
            remove_abandoned()
        self._check_limits()
        try:
            check_probe_report(await _run_probe(without_cgroup=self._without_cgroup))
        except SandboxFailed as error:
            raise SandboxUnavailable(
                f"Policies cannot be isolated on this machine ({error}): allow this user to make user namespaces, "
                "run as root, or use --sandbox docker."
            ) from None

    def _check_limits(self) -> None:
        """Raise SandboxUnavailable where no control group can be made, unless that is allowed."""
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
            path, listener = stack.enter_context(listen())
            control, control_end = open_channel(stack)
            shown = [*((needed, needed) for needed in runtime.read_only), (policy, POLICY)]
            theirs = control_end.fileno()
            process = await stack.enter_async_context(
                spawn(
                    LAUNCHER,
                    (theirs,),
                    python=runtime.python,
                    read_only=shown,
                    limits=limits,
                    inherited=(theirs,),
                    without_cgroup=self._without_cgroup,
                )
            )
            control_end.close()
            send_go_ahead(control, listener)
            if await wait_for_setup(read_to_end(control)) != READY:
                raise SandboxFailed(
                    f"The runtime {runtime.name} does not work in the sandbox ({await process.wait(1)})."
                )
            served = BubblewrappedPolicy(path, process)
            await wait_until_healthy(served, limits.start_s)
            yield served


async def _run_probe(*, without_cgroup: bool) -> str:
    """Run `probe.py` in a sandbox with our own interpreter and return its report."""
    runtime = await inspect_runtime(Path(sys.executable))
    async with contextlib.AsyncExitStack() as stack:
        unseen, abstract = stack.enter_context(place_decoys())
        report, report_end = open_channel(stack)
        theirs = report_end.fileno()
        process = await stack.enter_async_context(
            spawn(
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
        send_go_ahead(report)
        said = (await wait_for_setup(read_to_end(report))).decode()
        if not said and (ending := await process.wait(1)):
            raise SandboxFailed(str(ending))
        return said
