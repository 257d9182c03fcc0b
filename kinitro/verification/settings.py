"""Settings of `kinitro verifier`."""

from __future__ import annotations

import os
import re
import socket
import sys
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.sandbox.interface import Limits
from kinitro.sandbox.uploads import DEFAULT_MAX_REPO_BYTES, DEFAULT_QUOTA_BYTES
from kinitro.settings import Credential, Duration, ServiceSettings, Size, UserPath, UserPathText
from kinitro.verification.pace import SLOWDOWN

ENV_PREFIX = "KINITRO_VERIFIER_"
_LIMITS = Limits()


def _cache_directory() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base).expanduser() / "kinitro" / "policies"


class VerifierSettings(ServiceSettings):
    """Read from flags, then KINITRO_VERIFIER_*, then `.env`."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX)

    api_url: str = Field(description="Where the API is, for example http://localhost:8000.")
    api_key: Credential | None = Field(None, description="A key with the scope `verify` (or `tasks`).")
    name: str = Field(
        default_factory=lambda: re.sub("[^A-Za-z0-9.-]", "-", socket.gethostname())[:100] or "verifier",
        pattern=r"^[A-Za-z0-9._:/@+-]{1,100}$",
        description="Display name.",
    )
    sandbox: Literal["bwrap", "docker"] = Field("bwrap", description="What keeps policies from doing harm.")
    allow_no_control_group: bool = Field(
        False,
        description="Run policies also where no control group limits the kernel's memory and the cores they use.",
    )
    gpus: str | None = Field(
        None,
        pattern=r"^(all|[A-Za-z0-9-]+(,[A-Za-z0-9-]+)*)$",
        description="With docker, the GPUs that policies see: all, or numbers or UUIDs separated by commas.",
    )
    runtime: UserPathText = Field(
        default_factory=lambda: sys.executable,
        description="What policies run in: a Python interpreter with the published packages, or with docker an image.",
    )
    cache: UserPath = Field(default_factory=_cache_directory, description="Where uploads of miners are kept.")
    cache_size: Size = Field(DEFAULT_QUOTA_BYTES, ge=2**20, description="Of the cache at most, for example 64g.")
    max_repo_size: Size = Field(DEFAULT_MAX_REPO_BYTES, ge=1, description="Of one upload at most, for example 8g.")
    workers: int = Field(1, ge=1, le=256, description="Policies that are verified at once.")
    policy_memory: Size = Field(_LIMITS.memory_bytes, ge=2**26, description="Of one policy in its sandbox.")
    policy_cpus: float = Field(_LIMITS.cpus, gt=0, le=1024, description="Cores that one policy may keep busy.")
    policy_start: Duration = Field(timedelta(seconds=_LIMITS.start_s), description="Time that a policy has to come up.")
    policy_time: Duration = Field(
        timedelta(seconds=_LIMITS.wall_s), description="Time that a policy has for a whole episode."
    )
    policy_slowdown: float = Field(
        SLOWDOWN, ge=1, le=1e6, description="How many times as long as the deployed server a policy may take to answer."
    )
    grace_s: float = Field(10.0, ge=0, le=3600, description="Seconds for checks under way to finish after SIGTERM.")

    @property
    def limits(self) -> Limits:
        """What one policy may use."""
        wall_s = self.policy_time.total_seconds()
        return Limits(
            memory_bytes=self.policy_memory,
            cpus=self.policy_cpus,
            cpu_s=wall_s * self.policy_cpus,
            wall_s=wall_s,
            start_s=self.policy_start.total_seconds(),
        )
