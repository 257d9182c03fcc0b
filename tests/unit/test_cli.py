"""The command line says one sentence and exits with a code; it stays light until it has work to do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer
from typer.testing import CliRunner

from kinitro.cli import _at_home, build_app
from kinitro.environments import get_spec
from kinitro.environments.errors import UnknownEnvironment


def run_kinitro(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "kinitro", *arguments], capture_output=True, text=True, check=False)


def test_help_loads_no_heavy_module() -> None:
    code = (
        "import sys\nfrom kinitro.cli import build_app\nimport typer.main\n"
        "typer.main.get_command(build_app())\n"
        "heavy = {'mujoco', 'metaworld', 'torch', 'bittensor', 'numba', 'scipy', 'psycopg', 'gymnasium', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """A command and all below it, with what has to be typed for each."""
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, *path, name)


def test_help_shows_every_word_that_was_written_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What looks like markup, such as [default: 8000], must not be swallowed."""
    monkeypatch.setenv("COLUMNS", "1000")
    app = build_app()
    shown = 0
    for path, command in commands(typer.main.get_command(app)):
        text = " ".join(CliRunner().invoke(app, [*path, "--help"]).output.split())
        for option in command.params:
            written = "" if getattr(option, "hidden", False) else getattr(option, "help", None) or ""
            assert " ".join(written.replace("`", "").split()) in text, (path, option.name)
            shown += "[default" in written
    assert shown > 10


def test_every_help_text_is_a_sentence() -> None:
    """Apart from a note such as [default: 8000] behind it."""
    for path, command in commands(typer.main.get_command(build_app())):
        texts = [command.help or "", *(getattr(option, "help", None) or "" for option in command.params)]
        for text in texts:
            words = text.partition("  [")[0].strip()
            assert words[:1].isupper(), (path, text)
            assert words.endswith("."), (path, text)


def test_version() -> None:
    assert run_kinitro("--version").stdout.startswith("kinitro ")


def test_wrong_flag_is_a_sentence_without_traceback() -> None:
    done = run_kinitro("--no-such-flag")
    assert done.returncode == 2
    assert "No such option" in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_environment_suggests_the_nearest() -> None:
    with pytest.raises(UnknownEnvironment, match="metaworld/push-v3"):
        get_spec("metaworld/push")


@pytest.mark.parametrize(
    "words",
    [["keys", "backend", "~/folder/key"], ["replay", "--trace=~/folder/key"], ["replay", "--trace", "~/folder/key"]],
    ids=" ".join,
)
def test_the_home_directory_is_expanded_where_no_shell_did_it(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    outcome = CliRunner().invoke(build_app(), words)
    assert not (tmp_path / "~").exists()
    shown = f"{outcome.output} {outcome.exception}"
    assert str(tmp_path / "folder" / "key") in shown


def test_it_is_expanded_in_every_command() -> None:
    def callbacks(app: typer.Typer) -> Iterator[Any]:
        yield from (command.callback for command in app.registered_commands)
        for group in app.registered_groups:
            assert group.typer_instance is not None
            yield from callbacks(group.typer_instance)

    found = list(callbacks(build_app()))
    assert len(found) > 20
    for callback in found:
        assert callback.__wrapped__.__module__.startswith("kinitro.cli")
    given = Path("~/x"), [Path("~/y")], "~ stays what it is where it is no path"
    seen: list[Any] = []
    _at_home(lambda **options: seen.extend(options.values()))(one=given[0], many=given[1], text=given[2])
    assert seen == [Path.home() / "x", [Path.home() / "y"], given[2]]
