"""What one setting is, and types of values that people write in their own form: durations, sizes, paths and keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from kinitro.credentials import find_credential_problem

_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_UNITS_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


def _duration(value: Any) -> Any:
    """Turn `90m` into a timedelta; numbers are seconds."""
    if isinstance(value, str) and (parts := re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd]?)", value.strip())):
        return timedelta(seconds=float(parts[1]) * _UNITS_S[parts[2] or "s"])
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""Written as 90s, 30m, 36h or 2d; a bare number means seconds."""


def _size(value: Any) -> Any:
    """Turn `8g` into bytes."""
    if isinstance(value, str) and (parts := re.fullmatch(r"(\d{1,15})([kmgt]?)b?", value.strip().lower())):
        return int(parts[1]) * _UNITS_BYTES[parts[2]]
    return value


IS_SIZE = BeforeValidator(_size)
Size = Annotated[int, IS_SIZE]
"""Bytes, written as 512m, 8g or 1t; a bare number means bytes."""


def format_duration(value: timedelta) -> str:
    """The duration in its largest unit that leaves a whole number; `_duration` reads it."""
    seconds = value.total_seconds()
    unit = next((unit for unit in ("d", "h", "m") if seconds and seconds % _UNITS_S[unit] == 0), "s")
    return f"{seconds / _UNITS_S[unit]:g}{unit}"


def format_size(value: int) -> str:
    """The size in its largest unit that leaves a whole number; `_size` reads it."""
    unit = next((unit for unit in ("t", "g", "m", "k") if value and value % _UNITS_BYTES[unit] == 0), "")
    return f"{value // _UNITS_BYTES[unit]}{unit}"


def _home(value: Any) -> Any:
    """Expand `~`, which only shells do, and only where they see it."""
    if isinstance(value, str | Path) and str(value).startswith("~"):
        try:
            return Path(value).expanduser()
        except RuntimeError:
            raise ValueError("there is no such home directory") from None
    return value


def _home_as_text(value: Any) -> Any:
    expanded = _home(value)
    return str(expanded) if isinstance(expanded, Path) else expanded


UserPath = Annotated[Path, BeforeValidator(_home)]
"""A path; `~` is the home directory."""
UserPathText = Annotated[str, BeforeValidator(_home_as_text)]
"""A path as text, for settings that may also be something else and for libraries that expect text."""


def split_names(value: Any) -> Any:
    """Names separated by commas, in one text or in several, as a list; for lists that are given as flags."""
    parts = [value] if isinstance(value, str) else value
    return [name.strip() for part in parts for name in str(part).split(",") if name.strip()]


def _credential(value: Any) -> Any:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    if problem := find_credential_problem(text):
        raise ValueError(problem)
    return text.strip().strip("\ufeff").strip()


Credential = Annotated[SecretStr, BeforeValidator(_credential)]
"""A key or token: printable ASCII, without the white space around it. No message shows it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a service, as its class declares it. Flags, `.env.example` and messages are made from this."""

    section: str
    name: str
    variable: str
    field: FieldInfo

    @property
    def flag(self) -> str:
        """The flag of the command line, such as `--api-url`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def description(self) -> str:
        """Whole sentences that say what the setting does."""
        return self.field.description or ""

    @property
    def kinds(self) -> frozenset[Any]:
        """The types that a value may have, such as `str` and `NoneType`."""
        return frozenset(_kinds(self.field.annotation))

    @property
    def is_size(self) -> bool:
        """Whether the value is a number of bytes, written as 8g."""
        return IS_SIZE in self.field.metadata

    @property
    def is_secret(self) -> bool:
        """Whether no message may show the value."""
        return SecretStr in self.kinds

    @property
    def default(self) -> str:
        """The default as users write it; empty if the setting is required or found out when the service starts."""
        default = self.field.default
        if default is PydanticUndefined or default is None:
            return ""
        if isinstance(default, bool):
            return str(default).lower()
        if isinstance(default, timedelta):
            return format_duration(default)
        if isinstance(default, list):
            return ",".join(default)
        if self.is_size:
            return format_size(default)
        return f"{default:g}" if isinstance(default, float) else str(default)


def _kinds(annotation: Any) -> Iterable[Any]:
    """The types in an annotation such as `Annotated[str, ...] | None`."""
    if isinstance(annotation, type):
        return [annotation]
    return [kind for part in get_args(annotation) for kind in _kinds(part)]
