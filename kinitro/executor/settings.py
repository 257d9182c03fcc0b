"""Settings of `kinitro executor`."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.settings import Credential, ServiceSettings, UserPath, UserPathText

EPISODES_PER_WORKER = 24
"""Keeps a core busy while policies take up to 100 ms to answer, at 4 to 5 ms per control step with its images.

Each episode in flight has an environment of its own (see `kinitro.evaluation.instances`): a worker needs at most
about 450 MiB (200 of them compiled models to copy) + 30 MiB x (episodes per worker + 8): 1.4 GiB by default.
"""
NAME_PATTERN = r"^[A-Za-z0-9._:/@+-]{1,100}$"
"""What the API takes as a name."""
DEFAULT_IMAGE = "kinitro/eval-env:v1"


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0))


def _state_directory() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base).expanduser() / "kinitro" / "executor"


class ExecutorSettings(ServiceSettings):
    """Read from flags, then KINITRO_EXECUTOR_*, then `.env`."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_EXECUTOR_")

    api_url: str = Field(description="Where the API is, for example http://localhost:8000.")
    api_key: Credential | None = Field(None, description="An executor key with the scope `tasks`.")
    name: str = Field(
        default_factory=lambda: re.sub("[^A-Za-z0-9.-]", "-", socket.gethostname())[:100] or "executor",
        pattern=NAME_PATTERN,
        description="Display name; executors that share a Docker engine need different ones.",
    )
    workers: int = Field(default_factory=usable_cores, ge=1, le=1024, description="Processes; one per core is best.")
    episodes_per_worker: int = Field(EPISODES_PER_WORKER, ge=1, le=1024, description="Episodes in flight in each.")
    batch_size: int = Field(100, ge=1, le=1000, description="Tasks fetched at once at most.")
    env_families: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]+( *, *[A-Za-z0-9._-]+)*$",
        description="Comma-separated families, for example metaworld; all if unset.",
    )
    eval_mode: Literal["local", "docker", "basilica", "url"] = "local"
    eval_image: str = Field(DEFAULT_IMAGE, min_length=1, description="Image of `kinitro build-eval-env`.")
    eval_hosts: str | None = Field(None, description="Comma-separated Docker engines, for example ssh://user@host.")
    eval_replicas: int = Field(1, ge=1, le=100, description="Containers per Docker engine, or pods at once.")
    eval_memory: str = Field("8g", pattern=r"^[1-9][0-9]*([kmg]|[KMG]i)$", description="Memory of a container.")
    eval_cpus: str | None = Field(None, pattern=r"^[0-9.]+m?$", description="Cores of a container; all if unset.")
    eval_gpus: bool = Field(False, description="Give containers the GPUs of their host.")
    eval_url: str | None = Field(None, description="With --eval-mode url: a running evaluation container.")
    eval_token: Credential | None = Field(None, description="Token of that container; drawn anew where we start it.")
    allow_private_endpoints: bool = Field(False, description="Allow policy servers in loopback and private networks.")
    canary_url: str | None = Field(None, description="A policy server of yours outside, to notice a broken uplink.")
    wallet_name: str | None = Field(None, min_length=1, description="Sign requests with this wallet's hotkey.")
    hotkey_name: str = Field("default", min_length=1, description="The hotkey to sign with; it must not be encrypted.")
    wallet_path: UserPathText | None = Field(None, description="Where wallets are; ~/.bittensor/wallets if unset.")
    verification_rate: float = Field(
        0.05, ge=0, le=1, description="Share of the episodes that are recorded to be verified."
    )
    verify: bool = Field(False, description="Run a verifier beside it, with its settings from KINITRO_VERIFIER_*.")
    spool_dir: UserPath = Field(
        default_factory=_state_directory, description="Where results wait while the API is away."
    )
    grace_s: float = Field(18.0, ge=0, le=3600, description="Seconds for running episodes to finish after SIGTERM.")

    @property
    def families(self) -> list[str] | None:
        """`env_families` as a list; None for all."""
        if self.env_families is None:
            return None
        return [name.strip() for name in self.env_families.split(",") if name.strip()]

    def signing_hotkey(self) -> str | None:
        """Secret: the content of the hotkey file that requests are signed with. Raises ConfigurationError."""
        if self.wallet_name is None:
            return None
        from kinitro.policies.signing import parse_hotkey, read_hotkey

        data = read_hotkey(self.wallet_name, self.hotkey_name, self.wallet_path)
        parse_hotkey(data, f"The hotkey {self.wallet_name}/{self.hotkey_name}")
        return data.decode()

    @property
    def docker_hosts(self) -> list[str | None]:
        """Docker engines; None is the local one."""
        names = [name.strip() for name in (self.eval_hosts or "localhost").split(",") if name.strip()]
        return [None if name == "localhost" else name for name in names]
