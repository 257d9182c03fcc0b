"""How every service reads its settings: flags > environment > `.env` > default."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kinitro.errors import ConfigurationError
from kinitro.logs import LogFormat, public_url

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _duration(value: Any) -> Any:
    """Turn `90m` into a timedelta; numbers are seconds."""
    if isinstance(value, str) and (parts := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", value.strip())):
        return timedelta(seconds=float(parts[1]) * _UNITS_S[parts[2] or "s"])
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""Written as 90s, 30m, 36h or 2d; a bare number means seconds."""

_UNITS_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def _size(value: Any) -> Any:
    """Turn `8g` into bytes."""
    if isinstance(value, str) and (parts := re.fullmatch(r"(\d{1,15})([kmgt]?)b?", value.strip().lower())):
        return int(parts[1]) * _UNITS_BYTES[parts[2]]
    return value


Size = Annotated[int, BeforeValidator(_size)]
"""Bytes, written as 512m, 8g or 1t; a bare number means bytes."""


class ServiceSettings(BaseSettings):
    """Base of one typed settings class per service; a subclass sets `env_prefix`.

    class ApiSettings(ServiceSettings):
        model_config = SettingsConfigDict(env_prefix="KINITRO_API_")
    """

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore")

    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")
    log_format: LogFormat = Field("auto", description="auto, json or console")

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """Settings from the given flags (None = not given), then the environment, `.env` and defaults.

        Raises ConfigurationError with one sentence that names the setting, the value and what is allowed.
        """
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            prefix = str(cls.model_config.get("env_prefix", ""))
            where = f"--{name.replace('_', '-')} (or {prefix}{name.upper()})"
            if first["type"] == "missing":
                raise ConfigurationError(f"{where} is required: give the flag or set the variable.") from None
            given = first["input"]
            shown = public_url(given) if isinstance(given, str) else given
            raise ConfigurationError(f"{where} cannot be {shown!r}: {first['msg']}.") from None


def normalized_database_url(url: str) -> str:
    """A PostgreSQL connection URI as PostgreSQL's documentation writes it, checked.

    Accepts `postgresql://` and `postgres://`, and SQLAlchemy's `postgresql+driver://`, which other tools print.
    Raises ConfigurationError.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.split("+")[0] not in ("postgresql", "postgres"):
        shown = scheme if separator else "no scheme"
        raise ConfigurationError(f"--database-url has {shown!r}: write postgresql://user:password@host:5432/database.")
    return f"postgresql://{rest}"
