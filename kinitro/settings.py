"""How every service reads its settings: flags > environment > `.env` > default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from kinitro.credentials import find_credential_problem, public_url
from kinitro.errors import ConfigurationError
from kinitro.logs import LogFormat

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
"""The same, as text, where it may be something else or is handed on."""


def _credential(value: Any) -> Any:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(text, str):
        return value
    if problem := find_credential_problem(text):
        raise ValueError(problem)
    return text.strip().strip("\ufeff").strip()


Credential = Annotated[SecretStr, BeforeValidator(_credential)]
"""A key or token: printable ASCII, without the white space around it. No message shows it."""

ENV_FILE = ".env"


class ServiceSettings(BaseSettings):
    """Base of one typed settings class per service; a subclass sets `env_prefix`.

    class ApiSettings(ServiceSettings):
        model_config = SettingsConfigDict(env_prefix="KINITRO_API_")

    A variable that is empty, as `.env.example` writes those without a default, is not given. No message and no `repr`
    shows a key, or of a URL more than scheme, host and port.
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error")
    log_format: LogFormat = Field("auto", description="auto, json or console")

    @classmethod
    def load(cls, **flags: Any) -> Self:
        """Settings from the given flags (None = not given), then the environment, `.env` and defaults.

        Raises ConfigurationError with one sentence that names the setting, the value and what is allowed.
        """
        check_env_file(Path(ENV_FILE))
        try:
            return cls(**{name: value for name, value in flags.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            where = f"--{name.replace('_', '-')} (or {cls._prefix()}{name.upper()})"
            if first["type"] == "missing":
                raise ConfigurationError(f"{where} is required: give the flag or set the variable.") from None
            if name in cls.model_fields and _is_secret(cls.model_fields[name].annotation):
                raise ConfigurationError(f"{where} cannot be used: {_reason(first)}.") from None
            raise ConfigurationError(f"{where} cannot be {_shown(first['input'])}: {_reason(first)}.") from None
        except SettingsError as error:
            raise ConfigurationError(f"A variable {cls._prefix()}* cannot be read: {error}.") from None

    @classmethod
    def _prefix(cls) -> str:
        return str(cls.model_config.get("env_prefix", ""))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """pydantic's, less what Kubernetes puts into the environment."""
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = without_service_links(env_settings.env_vars, cls._prefix())
        return init_settings, env_settings, dotenv_settings, file_secret_settings

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, public_url(value) if isinstance(value, str) else value


def without_service_links(variables: Mapping[str, str | None], prefix: str) -> dict[str, str | None]:
    """The variables without those that Kubernetes sets for a Service whose name looks like `prefix`.

    For a Service `kinitro-api` every container of its namespace gets KINITRO_API_PORT=tcp://10.0.0.1:8000,
    KINITRO_API_SERVICE_HOST and others, which are not our settings of these names.
    Source: Kubernetes, "Discovering services", environment variables.
    """
    forms = re.compile(
        rf"(?i:{re.escape(prefix)})(?i:"
        r"(?P<link>PORT|PORT_\d+_(?:TCP|UDP|SCTP))|SERVICE_HOST|SERVICE_PORT(?:_\w+)?"
        r"|PORT_\d+_(?:TCP|UDP|SCTP)_(?:PROTO|PORT|ADDR))"
    )

    def injected(name: str, value: str | None) -> bool:
        form = forms.fullmatch(name)
        if form is None:
            return False
        return form["link"] is None or re.fullmatch(r"(?:tcp|udp|sctp)://\S+:\d+", value or "") is not None

    return {name: value for name, value in variables.items() if not injected(name, value)}


def check_env_file(path: Path) -> None:
    """Raises ConfigurationError if there is a `.env` that is not text in UTF-8, with or without a byte order mark."""
    try:
        content = path.read_bytes() if path.is_file() else b""
    except OSError as error:
        raise ConfigurationError(
            f"{path.absolute()} cannot be read ({error.strerror}): let this account read it, or start elsewhere."
        ) from None
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff")) or content[1:2] == b"\0"
        kind = "UTF-16" if utf16 else "not text in UTF-8"
        raise ConfigurationError(f"{path.absolute()} is {kind}: save it as UTF-8.")


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_is_secret(part) for part in get_args(annotation))


def _shown(given: Any) -> str:
    text = repr(public_url(given) if isinstance(given, str) else given)
    return text if len(text) <= 200 else f"{text[:200]}..."


def _reason(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ").rstrip(".")


_DATABASE_FORM = "postgresql://user:password@host:5432/database"
_ENCODE = (
    "percent-encode special characters of user and password (@ as %40, % as %25, / as %2F, # as %23, ? as %3F), "
    "or put the password into PGPASSWORD instead"
)


def normalize_database_url(url: str, name: str = "--database-url") -> str:
    """A PostgreSQL connection URI as PostgreSQL's documentation writes it, checked.

    Accepts `postgresql://` and `postgres://`, and SQLAlchemy's `postgresql+driver://`, which other tools print.
    Raises ConfigurationError, which shows nothing of the URL: libpq would quote what it takes for a port or a
    parameter, and that may be part of a password.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme.split("+")[0] not in ("postgresql", "postgres"):
        what = "another scheme than postgresql" if separator else "no scheme"
        raise ConfigurationError(f"{name} has {what}: write {_DATABASE_FORM}.")
    userinfo, at, location = rest.rpartition("@")
    if at and (re.search(r"[@/?#\s]|%(?![0-9A-Fa-f]{2})|%00", userinfo) or not userinfo.isprintable()):
        raise ConfigurationError(f"The part of {name} before its last @ cannot be read: {_ENCODE}.")
    for host in re.split(r"[/?]", location, maxsplit=1)[0].split(","):
        port = re.fullmatch(r"(?:\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?", host)
        if port is None or int(port[1] or 1) not in range(1, 65536):
            raise ConfigurationError(
                f"Host and port in {name} cannot be read (a port is a number from 1 to 65535): write {_DATABASE_FORM}, "
                f"and {_ENCODE}."
            )
    address = f"postgresql://{rest}"
    _check_with_libpq(address, name)
    return address


def _check_with_libpq(address: str, name: str) -> None:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        conninfo_to_dict(address)
    except psycopg.Error as error:
        unknown = re.fullmatch(r'invalid URI query parameter: "([a-z_]{1,40})"', str(error).strip())
        what = f"there is no parameter {unknown[1]!r}" if unknown else "PostgreSQL's library does not understand it"
        raise ConfigurationError(f"{name} cannot be read ({what}): write {_DATABASE_FORM}, and {_ENCODE}.") from None
