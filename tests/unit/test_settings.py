"""Settings: flags > environment > `.env` > default, and `.env.example` knows them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from kinitro.errors import ConfigurationError
from kinitro.settings import normalize_database_url
from kinitro.validator.settings import ValidatorSettings
from tools.env_example import env_example

REQUIRED = {"backend_url": "http://localhost:8000", "netuid": 1}


def test_flags_win_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert ValidatorSettings.load(**REQUIRED).network == "finney"
    Path(".env").write_text("KINITRO_VALIDATOR_NETWORK=from-file\n")
    assert ValidatorSettings.load(**REQUIRED).network == "from-file"
    monkeypatch.setenv("KINITRO_VALIDATOR_NETWORK", "from-environment")
    assert ValidatorSettings.load(**REQUIRED).network == "from-environment"
    assert ValidatorSettings.load(**REQUIRED, network="from-flag").network == "from-flag"


def test_a_missing_setting_names_flag_and_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"--backend-url \(or KINITRO_VALIDATOR_BACKEND_URL\) is required"):
        ValidatorSettings.load(netuid=1)


def test_a_wrong_value_is_shown_with_what_is_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=r"--netuid .* cannot be 'many'"):
        ValidatorSettings.load(backend_url="http://localhost", netuid="many")


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://localhost", "postgresql://localhost"),
        ("postgres://u:p@h:5433/d?sslmode=require", "postgresql://u:p@h:5433/d?sslmode=require"),
        ("postgresql+psycopg://u@h/d", "postgresql://u@h/d"),
        (
            "postgresql://h1:123,h2:456/d?target_session_attrs=any",
            "postgresql://h1:123,h2:456/d?target_session_attrs=any",
        ),
    ],
)
def test_database_urls_are_accepted_as_postgresql_documents_them(given: str, used: str) -> None:
    assert normalize_database_url(given) == used


@pytest.mark.parametrize("given", ["mysql://u:p@h/d", "localhost:5432", ""])
def test_other_database_urls_are_refused_without_showing_a_password(given: str) -> None:
    with pytest.raises(ConfigurationError, match="write postgresql://") as refusal:
        normalize_database_url(given)
    assert "u:p" not in str(refusal.value)


def test_env_example_is_complete_and_current() -> None:
    assert Path(__file__).parents[2].joinpath(".env.example").read_text() == env_example(), (
        "run `python tools/env_example.py > .env.example`"
    )
