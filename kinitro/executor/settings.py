"""Settings of `kinitro executor`."""

from __future__ import annotations

import os
import re
import socket
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from kinitro.sandbox.settings import SandboxSettings
from kinitro.setting_types import Credential, UserPath, UserPathText
from kinitro.settings import ServiceSettings

NAME_PATTERN = r"^[A-Za-z0-9._:/@+-]{1,100}$"
"""The pattern of the names that the API accepts."""
DEFAULT_IMAGE = "kinitro/eval-env:v1"


def count_usable_cores() -> int:
    """Return the number of cores that this process may run on."""
    return len(os.sched_getaffinity(0))


def _state_directory() -> Path:
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base).expanduser() / "kinitro" / "executor"


def _read_episodes(value: object) -> object:
    """Return `auto` or a whole number from 1 to 1024; raises ValueError."""
    text = str(value).strip()
    if text == "auto":
        return text
    if text.isdecimal() and len(text) <= 4 and 1 <= int(text) <= 1024:
        return int(text)
    raise ValueError("give auto, or a whole number from 1 to 1024")


class ExecutorSettings(SandboxSettings, ServiceSettings):
    """Settings of an executor, read from flags, then KINITRO_EXECUTOR_* variables, then `.env`."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_EXECUTOR_")
    sections: ClassVar = {
        "api_url": "Work",
        "eval_mode": "Where episodes run",
        "allow_private_endpoints": "Miners",
        "hosted_policies": "Hosted policies",
        "sandbox": "Sandbox of hosted policies",
        "verification_rate": "Verification",
        "spool_dir": "Stopping and outages",
    }

    api_url: str = Field(description="Lease tasks from the API at this address, for example http://localhost:8000.")
    api_key: Credential | None = Field(
        None, description="Use this key (`kinitro keys create`), which needs the scope `tasks`."
    )
    name: str = Field(
        default_factory=lambda: re.sub("[^A-Za-z0-9.-]", "-", socket.gethostname())[:100] or "executor",
        pattern=NAME_PATTERN,
        description="Report under this name, of letters, digits and ._:/@+- characters; by default this machine's. "
        "Executors that share a Docker engine need different names.",
    )
    workers: int = Field(
        default_factory=count_usable_cores,
        ge=1,
        le=1024,
        description="Run this many processes; by default one per core, which is best.",
    )
    episodes_per_worker: Annotated[int | Literal["auto"], BeforeValidator(_read_episodes)] = Field(
        "auto",
        description="Run this many episodes at once in each process; each takes about 30 MiB. With auto, as many as "
        "keep a core busy while policies think, within three quarters of the free memory; 24 in containers.",
    )
    batch_size: int = Field(100, ge=1, le=1000, description="Lease at most this many tasks at once.")
    env_families: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9._-]+( *, *[A-Za-z0-9._-]+)*$",
        description="Run only environments of these families, separated by commas, for example metaworld; "
        "by default all.",
    )

    eval_mode: Literal["local", "docker", "basilica", "url"] = Field(
        "local",
        description="Run episodes on this machine (local), in containers (docker), in pods of Basilica (basilica), "
        "or in a container that somebody else runs (url).",
    )
    eval_image: str = Field(
        DEFAULT_IMAGE, min_length=1, description="Start containers of this image (`kinitro build-eval-env`)."
    )
    eval_hosts: str | None = Field(
        None,
        description="Start containers on these Docker engines, separated by commas, for example "
        "localhost,ssh://user@host; by default on this machine.",
    )
    eval_replicas: int = Field(
        1, ge=1, le=100, description="Run this many containers per Docker engine, or this many pods."
    )
    eval_memory: str = Field(
        "8g",
        pattern=r"^[1-9][0-9]*([kmg]|[KMG]i)$",
        description="Give a container this much memory, for example 8g (Basilica: 8Gi).",
    )
    eval_cpus: str | None = Field(
        None,
        pattern=r"^[0-9.]+m?$",
        description="Give a container this many cores, for example 4 (Basilica: 4000m); by default all.",
    )
    eval_gpus: bool = Field(False, description="Give containers the GPUs of their host.")
    eval_url: str | None = Field(
        None, description="Use the evaluation container at this address, with `--eval-mode url`."
    )
    eval_token: Credential | None = Field(
        None,
        description="Use this token for the container of `--eval-mode url`; other containers get a random one.",
    )

    allow_private_endpoints: bool = Field(
        False, description="Connect also to policy servers in loopback and private networks."
    )
    canary_url: str | None = Field(
        None,
        description="Ask this policy server of your own, outside of your network, whether a fault is your uplink's.",
    )
    wallet_name: str | None = Field(
        None, min_length=1, description="Sign requests to miners with a hotkey of this wallet; by default do not sign."
    )
    hotkey_name: str = Field(
        "default", min_length=1, description="Sign with this hotkey of the wallet; it must not be encrypted."
    )
    wallet_path: UserPathText | None = Field(
        None, description="Look for wallets in this directory; by default in ~/.bittensor/wallets."
    )

    hosted_policies: int = Field(
        0,
        ge=0,
        le=1000,
        description="Run the policies of so many hosted miners at once, each in a sandbox with the cycle's limits; "
        "by default of none.",
    )
    play_reference: bool = Field(
        True,
        description="Play the reference of a cycle too, in a process of its own on this machine; only with "
        "`--eval-mode local`.",
    )
    verification_rate: float = Field(0.05, ge=0, le=1, description="Record this share of the episodes, to be verified.")
    verify: bool = Field(
        False, description="Run `kinitro verifier` too, with its settings from KINITRO_VERIFIER_* variables."
    )

    spool_dir: UserPath = Field(
        default_factory=_state_directory,
        description="Keep results in this directory while the API is unavailable; "
        "by default in ~/.local/state/kinitro/executor.",
    )
    grace_s: float = Field(
        18.0, ge=0, le=3600, description="Let running episodes finish for this many seconds after SIGTERM."
    )

    @property
    def fixed_episodes_per_worker(self) -> int | None:
        """The number of `episodes_per_worker`; None means that it follows from what is measured."""
        return None if self.episodes_per_worker == "auto" else self.episodes_per_worker

    @property
    def families(self) -> list[str] | None:
        """The families of `env_families` as a list; None means all."""
        if self.env_families is None:
            return None
        return [name.strip() for name in self.env_families.split(",") if name.strip()]

    def read_signing_hotkey(self) -> str | None:
        """Return the content of the hotkey file that signs requests, which is a secret; None without a wallet.

        Raises ConfigurationError.
        """
        if self.wallet_name is None:
            return None
        from kinitro.policies.signing import parse_hotkey, read_hotkey

        data = read_hotkey(self.wallet_name, self.hotkey_name, self.wallet_path)
        parse_hotkey(data, f"The hotkey {self.wallet_name}/{self.hotkey_name}")
        return data.decode()

    @property
    def docker_hosts(self) -> list[str | None]:
        """The Docker engines of `eval_hosts`; None stands for the local one."""
        names = [name.strip() for name in (self.eval_hosts or "localhost").split(",") if name.strip()]
        return [None if name == "localhost" else name for name in names]
