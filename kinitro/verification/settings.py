"""Settings of `kinitro verifier`."""

from __future__ import annotations

import os
import re
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.sandbox.interface import Limits
from kinitro.sandbox.uploads import DEFAULT_MAX_REPO_BYTES, DEFAULT_QUOTA_BYTES
from kinitro.setting_types import Credential, Duration, Size, UserPath, UserPathText
from kinitro.settings import ServiceSettings
from kinitro.verification.pace import SLOWDOWN

ENV_PREFIX = "KINITRO_VERIFIER_"
_LIMITS = Limits()


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser() / "kinitro" / "policies"


class VerifierSettings(ServiceSettings):
    """Settings of a verifier, read from flags, then KINITRO_VERIFIER_* variables, then `.env`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX)
    sections: ClassVar = {
        "api_url": "Work",
        "sandbox": "Sandbox",
        "policy_memory": "Limits of one policy",
        "cache": "Uploads",
        "grace_s": "Stopping",
    }

    api_url: str = Field(description="Lease recordings from the API at this address, such as http://localhost:8000.")
    api_key: Credential | None = Field(
        None, description="Use this key (`kinitro keys create`), which needs the scope `verify` or `tasks`."
    )
    name: str = Field(
        default_factory=lambda: re.sub("[^A-Za-z0-9.-]", "-", socket.gethostname())[:100] or "verifier",
        pattern=r"^[A-Za-z0-9._:/@+-]{1,100}$",
        description="Report under this name, of letters, digits and ._:/@+- characters; by default this machine's.",
    )
    workers: int = Field(1, ge=1, le=256, description="Verify this many policies at once.")

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
        "`--sandbox docker`; by default in the interpreter that runs the verifier.",
    )

    policy_memory: Size = Field(_LIMITS.memory_bytes, ge=2**26, description="Let a policy use this much memory.")
    policy_cpus: float = Field(_LIMITS.cpus, gt=0, le=1024, description="Let a policy keep this many cores busy.")
    policy_start: Duration = Field(
        timedelta(seconds=_LIMITS.start_s), description="Wait at most this long for a policy to start."
    )
    policy_time: Duration = Field(
        timedelta(seconds=_LIMITS.wall_s), description="Let a policy take at most this long for a whole episode."
    )
    policy_slowdown: float = Field(
        SLOWDOWN,
        ge=1,
        le=1e6,
        description="Let a policy take this many times as long to answer as the deployed server took.",
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

    grace_s: float = Field(
        10.0, ge=0, le=3600, description="Let running checks finish for this many seconds after SIGTERM."
    )

    @property
    def limits(self) -> Limits:
        """The limits of one sandboxed policy."""
        wall_s = self.policy_time.total_seconds()
        return Limits(
            memory_bytes=self.policy_memory,
            cpus=self.policy_cpus,
            cpu_s=wall_s * self.policy_cpus,
            wall_s=wall_s,
            start_s=self.policy_start.total_seconds(),
        )
