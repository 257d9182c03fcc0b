"""How every service reads its settings: flags > environment > `.env` > default."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from kinitro.credentials import public_url
from kinitro.errors import ConfigurationError
from kinitro.logs import LogFormat
from kinitro.setting_types import Setting, UserPath

ENV_FILE = ".env"


class ServiceSettings(BaseSettings):
    """Base of one typed settings class per service; a subclass sets `env_prefix` and names its `sections`.

    class ApiSettings(ServiceSettings):
        model_config = SettingsConfigDict(env_prefix="KINITRO_API_")
        sections: ClassVar = {"host": "Network"}

        host: str = Field("127.0.0.1", description="Listen on this address.")

    The flag `--host`, the variable `KINITRO_API_HOST`, their help and `.env.example` follow from this field.

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
    sections: ClassVar[Mapping[str, str]] = {"log_level": "Logging"}
    """Titles of groups of settings, each by the name of the setting that begins it."""

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Log what is at least this important."
    )
    log_format: LogFormat = Field(
        "auto", description="Log in this format: auto means console on a terminal, and json elsewhere."
    )
    alive_file: UserPath | None = Field(
        None,
        description="Touch this file every 10 seconds, for a container's health check: a service that hangs does not.",
    )

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
            setting = next(setting for setting in cls.declared() if setting.name == first["loc"][0])
            where = f"{setting.flag} (or {setting.variable})"
            if first["type"] == "missing":
                raise ConfigurationError(f"{where} is required: give the flag or set the variable.") from None
            if setting.is_secret:
                raise ConfigurationError(f"{where} cannot be used: {_reason(first)}.") from None
            raise ConfigurationError(f"{where} cannot be {_shown(first['input'])}: {_reason(first)}.") from None
        except SettingsError as error:
            raise ConfigurationError(f"A variable {cls._prefix()}* cannot be read: {error}.") from None

    @classmethod
    def declared(cls) -> list[Setting]:
        """Every setting, by section and in the order of its declaration; those that all services have come last."""
        common = ServiceSettings.model_fields
        titles = {**cls.sections, **ServiceSettings.sections}
        section, settings = "", []
        for name in [*(name for name in cls.model_fields if name not in common), *common]:
            section = titles.get(name, section)
            settings.append(Setting(section, name, f"{cls._prefix()}{name.upper()}", cls.model_fields[name]))
        order = list(titles.values())  # inherited settings are declared first, wherever their section stands
        return sorted(settings, key=lambda setting: order.index(setting.section))

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


DatabaseUrl = Annotated[str, AfterValidator(normalize_database_url)]
"""A setting that names a PostgreSQL database; see `normalize_database_url`."""
