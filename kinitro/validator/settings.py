"""Settings of `kinitro validate`."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.settings import Duration, ServiceSettings, UserPath, UserPathText


def default_state_directory() -> Path:
    """systemd's $STATE_DIRECTORY, else $XDG_STATE_HOME/kinitro, else ~/.local/state/kinitro."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state").expanduser() / "kinitro"


class ValidatorSettings(ServiceSettings):
    """What a validator must be told: the backend, the subnet and the wallet."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_VALIDATOR_")

    backend_url: str = Field(
        pattern=r"^https?://[^\s/@]+(/[^\s@]*)?$", description="where the weights are published, without a password"
    )
    netuid: int = Field(ge=0, le=65535)
    network: str = Field("finney", min_length=1)
    wallet_name: str = Field("default", min_length=1)
    hotkey_name: str = Field("default", min_length=1)
    wallet_path: UserPathText | None = None
    poll_interval: Duration = Field(timedelta(seconds=60), ge=timedelta(milliseconds=100), le=timedelta(hours=1))
    max_age: Duration = Field(
        timedelta(hours=48), gt=timedelta(0), description="published weights older than this are not set any more"
    )
    if_none_qualify: Literal["burn", "keep-last"] = "burn"
    max_unregistered_share: float = Field(
        0.1, ge=0, lt=1, description="share of the weight that may belong to hotkeys that left the subnet"
    )
    audit: bool = Field(True, description="check what the operator published before setting it")
    audit_sample: int = Field(5, ge=0, le=10_000, description="episodes that an audit replays")
    operator_hotkey: str | None = Field(
        None, description="address that commits seed keys on chain; default: the subnet owner's hotkey"
    )
    allow_unchecked: bool = Field(
        False, description="for small installations: set weights although some checks of the audit cannot be made here"
    )
    state_directory: UserPath = Field(default_factory=default_state_directory)
