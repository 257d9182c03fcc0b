"""No secret reaches a message, a log or a traceback, whatever is wrong with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from kinitro.api.settings import ApiSettings
from kinitro.chain.sealing import parse_public_key
from kinitro.client.http import ApiClient
from kinitro.credentials import clean_credential, hide_secrets, public_url
from kinitro.database.pool import connect, open_pool
from kinitro.errors import ConfigurationError
from kinitro.executor.settings import ExecutorSettings
from kinitro.miner import cloud, hub
from kinitro.scheduler.settings import CycleSettings, SchedulerSettings
from kinitro.settings import ServiceSettings, normalize_database_url
from kinitro.verification.settings import VerifierSettings

ROOT = Path(__file__).parents[2]
KEY = "kin_s3cretKeyOfAnExecutor"
AROUND = ["{}\r", "{}\n", "{}\r\n", " {} ", "\ufeff{}\n", "\t{}"]
WITHIN = ["{0} {0}", "{}\nx", "{}\x00x", "{}\u00e9", "\u201c{}\u201d", "{}\x1b[0m"]

PASSWORDS = [
    *("hun%ter2secret", "hun@ter2secret", "hun/ter2secret", "hun#ter2secret", "hun?ter2secret", "hun%zzsecret"),
    *("@hunter2secret", "hunter2secret@", "%00hunter2secret", "hunter 2secret", "hun:ter@2/secret", "a@b@secret/?"),
]
"""Each has to be percent-encoded."""
OTHER_MISTAKES = [
    "postgresql://user:hunter2secret/kinitro",  # no host
    "postgresql://user:hunter2secret@db:54x2/kinitro",
    "postgresql://user:hunter2secret@db:99999/kinitro",
    "postgresql://user:hunter2secret@db/kinitro?ssl=hunter2secret",
    "postgresql://me@db/kinitro?password=%zzsecret",
    "user:hunter2secret@db/kinitro",
    "mysql://user:hunter2secret@db/kinitro",
    "hunter2secret://db/kinitro:secret",
]


def urls() -> list[str]:
    return [f"postgresql://user:{password}@db.example:5432/kinitro" for password in PASSWORDS] + OTHER_MISTAKES


def assert_hidden(text: str, url: str) -> None:
    assert "secret" not in text, text
    for part in url.rpartition("@")[0].partition("://")[2].replace("/", "@").replace("#", "@").split("@"):
        assert len(part) < 4 or part not in text, text


@pytest.mark.parametrize("form", AROUND)
async def test_white_space_around_a_key_is_not_part_of_it(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = form.format(KEY)
    assert clean_credential(given, "--api-key") == KEY
    for settings in (ExecutorSettings, VerifierSettings):
        monkeypatch.setenv(f"{settings.model_config['env_prefix']}API_KEY", given)
        loaded: Any = settings.load(api_url="http://api")
        assert loaded.api_key.get_secret_value() == KEY
        assert settings.load(api_url="http://api", api_key=given).api_key == SecretStr(KEY)  # type: ignore[attr-defined]
    assert ExecutorSettings.load(api_url="http://api", eval_token=given).eval_token == SecretStr(KEY)
    async with ApiClient("http://api", given) as api:
        assert api._http.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("form", WITHIN)
def test_a_key_that_cannot_be_one_is_refused_and_not_quoted(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = form.format(KEY)
    attempts = [
        lambda: clean_credential(given, "--api-key"),
        lambda: ExecutorSettings.load(api_url="http://api", api_key=given),
        lambda: ExecutorSettings.load(api_url="http://api", eval_token=given),
        lambda: VerifierSettings.load(api_url="http://api", api_key=given),
        lambda: ApiClient("http://api", given),
        hub.require_token,
        hub.require_read_token,
        cloud.require_token,
    ]
    for name in (hub.TOKEN_VARIABLE, hub.READ_TOKEN_VARIABLE, cloud.TOKEN_VARIABLE):
        if "\0" not in given:
            monkeypatch.setenv(name, given)
    for attempt in attempts[: 5 if "\0" in given else None]:
        with pytest.raises(ConfigurationError, match="copy it again") as refusal:
            attempt()
        assert KEY not in str(refusal.value)
        assert refusal.value.__cause__ is None
        assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


def test_an_empty_key_on_the_command_line_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"--api-key .* cannot be used: it is empty"):
        ExecutorSettings.load(api_url="http://api", api_key="")


def test_tokens_are_hidden_in_what_others_say() -> None:
    assert hide_secrets(f"401 for {KEY}!", f"{KEY}\r\n", None, "") == "401 for ***!"
    assert hide_secrets("nothing", None) == "nothing"


@pytest.mark.parametrize("url", urls())
def test_a_database_url_is_refused_without_a_part_of_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        normalize_database_url(url)
    assert_hidden(str(refusal.value), url)
    assert refusal.value.__suppress_context__ or refusal.value.__context__ is None


@pytest.mark.parametrize("password", PASSWORDS)
def test_the_hint_says_what_to_do(password: str) -> None:
    with pytest.raises(ConfigurationError, match="percent-encode"):
        normalize_database_url(f"postgresql://user:{password}@db/kinitro")


@pytest.mark.parametrize("url", urls())
@pytest.mark.parametrize("settings", [ApiSettings, SchedulerSettings, CycleSettings])
def test_no_service_shows_it(settings: type[ServiceSettings], url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{settings.model_config['env_prefix']}DATABASE_URL", url)
    monkeypatch.setenv("KINITRO_SCHEDULER_NETUID", "1")
    with pytest.raises(ConfigurationError) as refusal:
        settings.load()
    assert_hidden(str(refusal.value), url)


@pytest.mark.parametrize("url", urls())
async def test_no_connection_shows_it(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        await open_pool(url)
    assert_hidden(str(refusal.value), url)
    with pytest.raises(ConfigurationError) as refusal, connect(url):
        pass
    assert_hidden(str(refusal.value), url)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://host:8000/a/path?key=secret#x", "http://host:8000"),
        ("wss://node.example/v1/secret", "wss://node.example"),
        ("postgresql://user:sec@ret@host:5432/db", "postgresql://host:5432"),
        ("postgresql://user:sec/r#e?t@host/db", "postgresql://host"),
        ("postgresql://u:secret@h1:1,h2:2/db", "postgresql://h1:1,h2:2"),
        ("postgresql://u:secret@[::1]:5432/db", "postgresql://[::1]:5432"),
        ("postgresql://user:secret", "postgresql://?"),
        ("postgresql:///db?host=/run&password=secret", "postgresql://"),
        ("user:secret@host/db", "...@host/db"),
        ("sec ret://host", "?://host"),
        ("finney", "finney"),
        ("", ""),
    ],
)
def test_what_of_a_url_is_shown(url: str, shown: str) -> None:
    assert public_url(url) == shown


def test_settings_show_no_secret() -> None:
    api = ApiSettings.load(database_url="postgresql://user:hunter2secret@db/kinitro")
    executor = ExecutorSettings.load(api_url="http://me:hunter2secret@api/", api_key=KEY, eval_token=KEY)
    scheduler = SchedulerSettings.load(
        netuid=1, database_url="postgresql://user:hunter2secret@db/kinitro", network="wss://node/secret"
    )
    for settings in (api, executor, scheduler):
        for text in (repr(settings), str(settings), f"{settings}"):
            assert "secret" not in text
            assert KEY not in text
    assert "db" in repr(api)


def test_pydantics_own_error_shows_no_input() -> None:
    with pytest.raises(ValidationError) as error:
        ApiSettings(database_url=["hunter2secret"])
    assert "secret" not in str(error.value)
    assert "secret" not in repr(error.value)


def test_a_private_key_given_as_a_public_one_is_not_quoted() -> None:
    with pytest.raises(ConfigurationError, match="has 64 hexadecimal digits") as refusal:
        parse_public_key("deadbeef" * 7 + "deadbee")
    assert "deadbeef" not in str(refusal.value)


COMMANDS = (["db", "status"], ["keys", "list"], ["api"], ["cycle", "list"], ["cycle", "show", "1"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_command_line_says_one_sentence(command: list[str], tmp_path: Path) -> None:
    """In a process of its own: nothing else of it, such as a traceback, shows the password either."""
    url = "postgresql://user:hun%@ter/2secret@127.0.0.1:1/kinitro"
    variables = {"KINITRO_API_DATABASE_URL": url, "KINITRO_SCHEDULER_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-m", "kinitro", *command],
        env=os.environ | variables, cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert ended.returncode == 2
    said = ended.stdout + ended.stderr
    assert "percent-encode" in said
    assert_hidden(said, url)
    assert len(ended.stderr.splitlines()) == 1
