"""Settings of `kinitro validate`."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_settings import SettingsConfigDict

from kinitro.settings import ServiceSettings

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: Any) -> Any:
    """Turn `90m` into a timedelta; numbers are seconds."""
    if isinstance(value, str) and (parts := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", value.strip())):
        return timedelta(seconds=float(parts[1]) * _UNITS_S[parts[2] or "s"])
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""Written as 90s, 30m, 36h or 2d."""


def default_state_directory() -> Path:
    """systemd's $STATE_DIRECTORY, else $XDG_STATE_HOME/kinitro, else ~/.local/state/kinitro."""
    if given := os.environ.get("STATE_DIRECTORY"):
        return Path(given.split(":")[0])
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "kinitro"


class ValidatorSettings(ServiceSettings):
    """What a validator must be told: the backend, the subnet and the wallet."""

    model_config = SettingsConfigDict(env_prefix="KINITRO_VALIDATOR_")

    backend_url: str = Field(pattern=r"^https?://[^\s/]+", description="where the weights are published")
    netuid: int = Field(ge=0, le=65535)
    network: str = Field("finney", min_length=1)
    wallet_name: str = Field("default", min_length=1)
    hotkey_name: str = Field("default", min_length=1)
    wallet_path: str | None = None
    poll_interval: Duration = Field(timedelta(seconds=60), ge=timedelta(milliseconds=100), le=timedelta(hours=1))
    max_age: Duration = Field(
        timedelta(hours=48), gt=timedelta(0), description="published weights older than this are not set any more"
    )
    if_none_qualify: Literal["burn", "keep-last"] = "burn"
    max_unregistered_share: float = Field(
        0.1, ge=0, lt=1, description="share of the weight that may belong to hotkeys that left the subnet"
    )
    state_directory: Path = Field(default_factory=default_state_directory)
