"""Settings of `kinitro validate`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.setting_types import Duration, UserPath, UserPathText
from kinitro.settings import ServiceSettings


def default_state_directory() -> Path:
    """systemd's $STATE_DIRECTORY, else $XDG_STATE_HOME/kinitro, else ~/.local/state/kinitro."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state").expanduser() / "kinitro"


class ValidatorSettings(ServiceSettings):
    """Settings of a validator, read from flags, then KINITRO_VALIDATOR_* variables, then `.env`."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_VALIDATOR_")
    sections: ClassVar = {
        "backend_url": "Subnet",
        "poll_interval": "Weights",
        "audit": "Audit",
        "state_directory": "State",
    }

    backend_url: str = Field(
        pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$",
        description="Set the weights that the API at this address publishes; it must not contain a password.",
    )
    netuid: int = Field(ge=0, le=65535, description="Set weights on this subnet.")
    network: str = Field(
        "finney",
        min_length=1,
        description="Use this chain: finney, test, local, local-dev, or a ws:// or wss:// URL.",
    )
    wallet_name: str = Field("default", min_length=1, description="Use this wallet.")
    hotkey_name: str = Field(
        "default", min_length=1, description="Use this hotkey of the wallet; it must be registered on the subnet."
    )
    wallet_path: UserPathText | None = Field(
        None, description="Look for wallets in this directory; by default in the SDK's, ~/.bittensor/wallets."
    )

    poll_interval: Duration = Field(
        timedelta(seconds=60),
        ge=timedelta(milliseconds=100),
        le=timedelta(hours=1),
        description="Look for new weights at this interval, such as 30s or 5m.",
    )
    max_age: Duration = Field(
        timedelta(hours=48),
        gt=timedelta(0),
        description="Set published weights only up to this age, such as 36h or 2d.",
    )
    if_none_qualify: Literal["burn", "keep-last"] = Field(
        "burn",
        description="If no miner qualifies, give all weight to the subnet's owner (burn), or repeat the last weights "
        "(keep-last).",
    )
    max_unregistered_share: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="Set nothing if more than this share of the weight belongs to hotkeys that left the subnet.",
    )

    audit: bool = Field(True, description="Check what the operator published before setting it.")
    audit_sample: int = Field(
        5, ge=0, le=10_000, description="Replay this many episodes beside those where a lie would pay; 0 replays none."
    )
    audit_missed: float = Field(
        0.215,
        gt=0,
        lt=1,
        description="Replay so many episodes that one audit misses a lie about who is paid most at most with this "
        "probability.",
    )
    audit_workers: int = Field(
        1, ge=0, le=256, description="Replay in this many processes; 0 replays in the process of the audit."
    )
    operator_hotkey: str | None = Field(
        None,
        description="Expect seed keys to be committed on chain by this address; by default by the subnet owner's "
        "hotkey.",
    )
    allow_unchecked: bool = Field(
        False, description="Set weights although some checks of the audit cannot be made here."
    )

    state_directory: UserPath = Field(
        default_factory=default_state_directory,
        description="Remember the last weights and what was audited in this directory; "
        "by default in ~/.local/state/kinitro.",
    )
