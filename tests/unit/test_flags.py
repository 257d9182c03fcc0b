"""A setting is declared once: its flag, its variable, its help and `.env.example` follow from the settings class."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from kinitro.cli import build_app
from kinitro.cli.flags import help_of
from kinitro.errors import ConfigurationError
from kinitro.scheduler.settings import CycleSettings
from kinitro.setting_types import Setting
from kinitro.settings import ServiceSettings
from tools.env_example import SERVICES, env_example

VALUES = (
    "0.5", "7", "30", "7s", "1g", "abc", "/abc", "10.0.0.0/8", "metaworld/push-v3",
    "http://other:1", "postgresql://other/x", "ab" * 32,
)  # fmt: skip
"""For every setting at least one of these is allowed and is not the default."""
REQUIRED = {"api_url": "http://api", "backend_url": "http://api", "database_url": "postgresql://h/d", "netuid": "1"}

each_service = pytest.mark.parametrize(("command", "settings"), SERVICES, ids=[command for command, _ in SERVICES])
WITHOUT_FLAG: dict[str, str] = {}
"""Variables of settings that have no flag, each with the reason."""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def command_named(words: str) -> Any:
    """The command, doing nothing but reading its settings."""
    command: Any = typer.main.get_command(build_app())
    for word in words.split()[1:]:
        command = command.commands[word]
    command.callback = lambda **_own: None
    return command


def loaded(command: Any, *arguments: str) -> ServiceSettings:
    """The settings that the command finds when it is run with these arguments."""
    context = command.make_context("command", list(arguments))
    with context:
        command.invoke(context)
    found: ServiceSettings = context.obj
    return found


def set_required(settings: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch) -> None:
    for setting in settings.declared():
        if setting.field.is_required():
            monkeypatch.setenv(setting.variable, REQUIRED[setting.name])


def other_values(setting: Setting) -> tuple[str, ...]:
    """Candidates for a value that is not the default."""
    if setting.field.annotation is bool:
        return ("false",) if setting.default == "true" else ("true",)
    choices = tuple(choice for choice in get_args(setting.field.annotation) if isinstance(choice, str))
    return choices[::-1] or VALUES


def test_every_settings_class_belongs_to_a_command() -> None:
    def below(parent: type[ServiceSettings]) -> set[type[ServiceSettings]]:
        children = {child for child in parent.__subclasses__() if child.__module__.startswith("kinitro.")}
        return children.union(*map(below, children))

    assert below(ServiceSettings) == {settings for _, settings in SERVICES} | {CycleSettings}


@each_service
def test_every_setting_has_a_description_a_section_a_flag_and_a_line_in_the_example(
    command: str, settings: type[ServiceSettings]
) -> None:
    flags = {flag: option for option in command_named(command).params for flag in option.opts}
    example = env_example().splitlines()
    declared = settings.declared()
    assert {setting.name for setting in declared} == set(settings.model_fields)
    for setting in declared:
        words = setting.description
        assert words[:1].isupper(), f"{setting.variable} needs a description of whole sentences"
        assert words.endswith("."), f"{setting.variable} needs a description of whole sentences"
        assert setting.section, f"{setting.variable} belongs to no section"
        assert f"# {setting.variable}={setting.default}" in example
        if setting.variable in WITHOUT_FLAG:
            continue
        option = flags[setting.flag]
        assert option.help == help_of(setting)
        assert words in option.help
        if setting.field.is_required():
            assert "[required]" in option.help
        if setting.field.annotation is bool:
            assert option.secondary_opts == [f"--no-{setting.flag[2:]}"]
        elif setting.default:
            assert f"[default: {setting.default}]" in option.help
        if setting.is_secret:
            assert f"rather set {setting.variable}" in option.help


@each_service
def test_every_section_begins_with_a_setting_that_exists(command: str, settings: type[ServiceSettings]) -> None:
    titles = {**settings.sections, **ServiceSettings.sections}
    assert list(dict.fromkeys(setting.section for setting in settings.declared())) == list(titles.values())


@each_service
def test_a_flag_means_what_its_variable_means(
    command: str, settings: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    set_required(settings, monkeypatch)
    service = command_named(command)
    without = loaded(service)
    for setting in settings.declared():
        with monkeypatch.context() as changed:
            for value in other_values(setting):
                changed.setenv(setting.variable, value)
                try:
                    by_variable = settings.load()
                except ConfigurationError:
                    continue
                if by_variable != without:
                    break
            else:
                pytest.fail(f"no value was tried that {setting.variable} allows")
        arguments = (setting.flag, value)
        if setting.field.annotation is bool:
            arguments = (setting.flag if value == "true" else f"--no-{setting.flag[2:]}",)
        assert loaded(service, *arguments) == by_variable, setting.flag


@each_service
def test_flags_win_over_variables(
    command: str, settings: type[ServiceSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In particular a flag can switch off what a variable switches on."""
    set_required(settings, monkeypatch)
    expected = settings.load()
    arguments: list[str] = []
    for setting in settings.declared():
        if setting.field.annotation is bool:
            monkeypatch.setenv(setting.variable, "false" if setting.default == "true" else "true")
            arguments.append(setting.flag if setting.default == "true" else f"--no-{setting.flag[2:]}")
    monkeypatch.setenv(f"{settings.model_config['env_prefix']}LOG_LEVEL", "debug")
    assert loaded(command_named(command), *arguments, "--log-level", "info") == expected


@each_service
def test_the_example_holds_the_defaults(
    command: str, settings: type[ServiceSettings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Uncommented as a whole, it changes nothing."""
    set_required(settings, monkeypatch)
    expected = settings.load()
    lines = (line.removeprefix("# ") for line in env_example().splitlines())
    tmp_path.joinpath(".env").write_text("".join(f"{line}\n" for line in lines if line.startswith("KINITRO_")))
    assert settings.load() == expected


def test_lists_are_given_by_commas_or_repeatedly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINITRO_API_DATABASE_URL", "postgresql://h/d")
    api = command_named("kinitro api")
    proxies = ["10.0.0.1", "10.0.0.2", "::1"]
    found: Any = loaded(api, "--trusted-proxies", "10.0.0.1, 10.0.0.2", "--trusted-proxies", "::1")
    assert found.trusted_proxies == proxies
    unchanged: Any = loaded(api)
    assert unchanged.trusted_proxies == ["127.0.0.1", "::1"]


@pytest.mark.parametrize("words", ["db init", "db drop", "keys list", "cycle list"])
def test_commands_of_one_setting_have_its_flag_and_read_the_others(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    command = command_named(f"kinitro {words}")
    assert [option.opts for option in command.params if option.name in ServiceSettings.model_fields] == []
    found: Any = loaded(command, "--database-url", "postgres://h:1/d")
    assert found.database_url == "postgresql://h:1/d"


@pytest.mark.parametrize("value", ["auto", "7"])
def test_episodes_per_worker_are_a_number_or_auto(value: str) -> None:
    found = loaded(command_named("kinitro executor"), "--api-url", "http://api", "--episodes-per-worker", value)
    assert str(found.episodes_per_worker) == value  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["0", "1025", "many", "-3", "1.5", ""])
def test_other_episodes_per_worker_are_refused_with_what_is_allowed(value: str) -> None:
    with pytest.raises(ConfigurationError, match="give auto, or a whole number from 1 to 1024"):
        loaded(command_named("kinitro executor"), "--api-url", "http://api", "--episodes-per-worker", value)
