"""Settings of `kinitro verifier`."""

from __future__ import annotations

import re
import socket
from datetime import timedelta
from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.sandbox.interface import Limits
from kinitro.sandbox.settings import SandboxSettings
from kinitro.setting_types import Credential, Duration, Size
from kinitro.settings import ServiceSettings
from kinitro.verification.pace import SLOWDOWN

ENV_PREFIX = "KINITRO_VERIFIER_"
_LIMITS = Limits()


class VerifierSettings(SandboxSettings, ServiceSettings):
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
