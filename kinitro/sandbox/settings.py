"""Settings of every service that runs what miners uploaded, and the sandbox that they make."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, Field

from kinitro.errors import ConfigurationError
from kinitro.sandbox.interface import DEFAULT_MAX_REPO_BYTES, DEFAULT_QUOTA_BYTES, Runtime, Sandbox
from kinitro.setting_types import Size, UserPath, UserPathText

if TYPE_CHECKING:
    from kinitro.sandbox.uploads import PolicyRepositories

NEEDED_PACKAGES = ("fastapi", "numpy", "uvicorn")
"""Packages that a runtime must have: without them no policy of `kinitro init-miner` can be served."""


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser() / "kinitro" / "policies"


class SandboxSettings(BaseModel):
    """How uploaded policies are isolated, in which packages they run, and where uploads are kept."""

    sandbox: Literal["bwrap", "docker"] = Field(
        "bwrap", description="Isolate policies with bubblewrap (bwrap), or in containers of Docker (docker)."
    )
    allow_no_control_group: bool = Field(
        False,
        description="Run policies also where no control group limits their cores and the kernel's memory they use.",
    )
    gpus: str | None = Field(
        None,
        pattern=r"^(all|[A-Za-z0-9-]+(,[A-Za-z0-9-]+)*)$",
        description="Give policies these GPUs, with `--sandbox docker`: all, or numbers or UUIDs separated by commas; "
        "by default none.",
    )
    runtime: UserPathText = Field(
        default_factory=lambda: sys.executable,
        description="Run policies in this Python interpreter, which has the published packages, or in this image with "
        "`--sandbox docker`; by default in the interpreter that runs the service.",
    )
    cache: UserPath = Field(
        default_factory=_cache_directory,
        description="Keep uploads of miners in this directory; by default in ~/.cache/kinitro/policies.",
    )
    cache_size: Size = Field(
        DEFAULT_QUOTA_BYTES, ge=2**20, description="Keep at most this much in the cache, for example 64g."
    )
    max_repo_size: Size = Field(
        DEFAULT_MAX_REPO_BYTES, ge=1, description="Refuse an upload that is larger than this, for example 8g."
    )

    def open_repositories(self) -> PolicyRepositories:
        """The cache of uploads."""
        from kinitro.sandbox.uploads import PolicyRepositories

        return PolicyRepositories(self.cache, quota_bytes=self.cache_size, max_repo_bytes=self.max_repo_size)

    async def open_sandbox(self) -> tuple[Sandbox, Runtime]:
        """Make sandbox and runtime, and make sure that the sandbox isolates.

        Raises ConfigurationError, SandboxUnavailable: no policy is ever run in a sandbox that was not tested.
        """
        sandbox, runtime = await self._make_sandbox()
        await sandbox.check()
        return sandbox, runtime

    async def _make_sandbox(self) -> tuple[Sandbox, Runtime]:
        from kinitro.sandbox.bubblewrap import BubblewrapSandbox
        from kinitro.sandbox.runtimes import inspect_runtime

        if self.sandbox == "docker":
            from kinitro.sandbox.docker import DockerSandbox

            contained = DockerSandbox(self.runtime, gpus=self.gpus)
            return contained, await contained.inspect_runtime()
        if self.gpus is not None:
            raise ConfigurationError(
                "--gpus works with --sandbox docker only: bubblewrap shows no devices to policies."
            )
        python = Path(self.runtime)
        if not python.is_absolute() or not os.access(python, os.X_OK):
            raise ConfigurationError(
                f"--runtime cannot be {self.runtime!r}: give the absolute path of a Python interpreter."
            )
        sandbox = BubblewrapSandbox(allow_no_control_group=self.allow_no_control_group)
        return sandbox, await inspect_runtime(python, needed=NEEDED_PACKAGES)
