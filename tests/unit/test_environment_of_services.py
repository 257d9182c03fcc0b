"""What an environment holds, in every service: empty variables, Kubernetes, `~`, odd `.env` files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from kinitro.api.settings import ApiSettings
from kinitro.errors import ConfigurationError
from kinitro.executor.settings import ExecutorSettings
from kinitro.scheduler.settings import CycleSettings, SchedulerSettings
from kinitro.settings import ServiceSettings
from kinitro.validator.settings import ValidatorSettings
from kinitro.verification.settings import VerifierSettings

DATABASE = "postgresql://u:p@db/kinitro"
REQUIRED: dict[type[ServiceSettings], dict[str, Any]] = {
    ApiSettings: {"database_url": DATABASE},
    CycleSettings: {"database_url": DATABASE},
    SchedulerSettings: {"database_url": DATABASE, "netuid": 1},
    ExecutorSettings: {"api_url": "http://api"},
    VerifierSettings: {"api_url": "http://api"},
    ValidatorSettings: {"backend_url": "http://api", "netuid": 1},
}
each_service = pytest.mark.parametrize("settings", REQUIRED, ids=lambda settings: settings.__name__)


def prefix(settings: type[ServiceSettings]) -> str:
    return str(settings.model_config["env_prefix"])


def flags(settings: type[ServiceSettings]) -> dict[str, Any]:
    return dict(REQUIRED[settings])


def subclasses(of: type[ServiceSettings]) -> set[type[ServiceSettings]]:
    found = {child for child in of.__subclasses__() if child.__module__.startswith("kinitro.")}
    return found.union(*map(subclasses, found))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_no_service_is_forgotten_here() -> None:
    assert subclasses(ServiceSettings) == set(REQUIRED)


@each_service
@pytest.mark.parametrize("place", ["environment", "file"])
def test_an_empty_variable_is_not_given(
    settings: type[ServiceSettings], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `.env.example` writes every variable without a default, uncommented."""
    expected = settings.load(**flags(settings))
    names = [prefix(settings) + field.upper() for field in settings.model_fields]
    if place == "file":
        Path(".env").write_text("".join(f"{name}=\n" for name in names))
    else:
        for name in names:
            monkeypatch.setenv(name, "")
    assert settings.load(**flags(settings)) == expected


@each_service
@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_what_kubernetes_injects_is_not_ours(
    settings: type[ServiceSettings], protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For Services that are called like our programs, such as `kinitro-api`."""
    expected = settings.load(**flags(settings))
    link, port = f"{protocol}://10.0.0.1:8000", f"PORT_8000_{protocol.upper()}"
    injected = {
        "SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "8000", "SERVICE_PORT_HTTP": "8000", "PORT": link, port: link,
        f"{port}_PROTO": protocol, f"{port}_PORT": "8000", f"{port}_ADDR": "10.0.0.1",
    }  # fmt: skip
    for name, value in injected.items():
        monkeypatch.setenv(prefix(settings) + name, value)
    assert settings.load(**flags(settings)) == expected


def test_a_setting_that_is_called_like_an_injected_variable_still_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINITRO_API_PORT", "9000")
    assert ApiSettings.load(database_url=DATABASE).port == 9000
    monkeypatch.setenv("KINITRO_API_PORT", "tcp//10.0.0.1:8000")
    with pytest.raises(ConfigurationError, match="KINITRO_API_PORT"):
        ApiSettings.load(database_url=DATABASE)
    monkeypatch.setenv("KINITRO_API_PORT", "tcp://10.0.0.1:8000")
    monkeypatch.setenv("KINITRO_API_SERVICE_HOST", "10.0.0.1")
    Path(".env").write_text("KINITRO_API_PORT=9001\n")
    assert ApiSettings.load(database_url=DATABASE).port == 9001, "what is given elsewhere still counts"


@each_service
@pytest.mark.parametrize("how", ["flag", "environment", "file"])
def test_the_home_directory_is_expanded_in_every_path(
    settings: type[ServiceSettings], how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("path", "dir", "directory", "file", "cache", "runtime")
    fields = [name for name in settings.model_fields if name.rpartition("_")[2] in words and name != "root_path"]
    given = flags(settings)
    for name in fields:
        if how == "flag":
            given[name] = Path("~/x") if name != "wallet_path" else "~/x"
        elif how == "environment":
            monkeypatch.setenv(prefix(settings) + name.upper(), "~/x")
    if how == "file":
        Path(".env").write_text("".join(f"{prefix(settings)}{name.upper()}=~/x\n" for name in fields))
    if "runtime" in given:
        given["runtime"] = "~/x"
    loaded = settings.load(**given)
    for name in fields:
        assert str(getattr(loaded, name)) == str(tmp_path / "home" / "x"), name
    for name, field in settings.model_fields.items():
        assert "Path" not in str(field.annotation) or name in fields, f"{name} is a path that is not tried here"


def test_the_directories_that_others_name_are_expanded_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "~/state")
    monkeypatch.setenv("XDG_CACHE_HOME", "~/cache")
    home = tmp_path / "home"
    assert ExecutorSettings.load(api_url="http://api").spool_dir == home / "state" / "kinitro" / "executor"
    assert VerifierSettings.load(api_url="http://api").cache == home / "cache" / "kinitro" / "policies"
    assert ValidatorSettings.load(**flags(ValidatorSettings)).state_directory == home / "state" / "kinitro"


def test_a_home_directory_that_does_not_exist_is_a_sentence() -> None:
    with pytest.raises(ConfigurationError, match="there is no such home directory"):
        ExecutorSettings.load(api_url="http://api", spool_dir="~no-such-user-here/x")


@each_service
@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("KINITRO_A=1\n".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        ("KINITRO_A=1\n".encode("utf-16-le"), "is UTF-16: save it as UTF-8"),
        (b"KINITRO_A=\xe9\n", "is not text in UTF-8: save it as UTF-8"),
        (bytes(range(256)), "is not text in UTF-8: save it as UTF-8"),
        (b"SQLite format 3\x00", "is not text in UTF-8: save it as UTF-8"),
    ],
    ids=["UTF-16", "UTF-16 without mark", "Latin-1", "binary", "binary in ASCII"],
)
def test_an_odd_env_file_is_one_sentence(settings: type[ServiceSettings], content: bytes, says: str) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(ConfigurationError, match=rf"/\.env {says}"):
        settings.load(**flags(settings))


@each_service
def test_an_env_file_with_a_byte_order_mark_is_read(settings: type[ServiceSettings]) -> None:
    Path(".env").write_text(f"{prefix(settings)}LOG_LEVEL=debug\n", encoding="utf-8-sig")
    assert settings.load(**flags(settings)).log_level == "debug"


def test_an_env_file_that_may_not_be_read_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    Path(".env").write_text("")
    monkeypatch.setattr(Path, "read_bytes", refused)
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read \(Permission denied\)"):
        ApiSettings.load(database_url=DATABASE)


def test_a_directory_called_env_is_no_file() -> None:
    Path(".env").mkdir()
    assert ApiSettings.load(database_url=DATABASE).port == 8000


def test_a_list_is_no_json() -> None:
    """pydantic-settings reads collections as JSON, unless told otherwise: then this would be its traceback."""

    class Other(ServiceSettings):
        model_config = SettingsConfigDict(env_prefix="OTHER_")
        names: list[str] = Field(default_factory=list)

    Other.__module__ = __name__
    Path(".env").write_text("OTHER_NAMES=a,b\n")
    with pytest.raises(ConfigurationError, match="OTHER_"):
        Other.load()


def test_python_runs_what_the_verifier_names() -> None:
    assert VerifierSettings.load(api_url="http://api", runtime=sys.executable).runtime == sys.executable
