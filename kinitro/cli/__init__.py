"""The `kinitro` command: one module per kind of user. Heavy imports happen inside the commands."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from kinitro.errors import ConfigurationError, KinitroError

COMMAND_MODULES = (
    "demo",
    "environments",
    "packs",
    "api",
    "scheduler",
    "executor",
    "verifier",
    "validator",
    "policies",
    "chain",
    "scoring",
    "status",
    "doctor",
    "audit",
    "miner",
)
"""Each has `register(app)`, which adds its commands."""
SERVICES = frozenset({"api", "scheduler", "executor", "verifier", "validate"})
"""Commands that run until they are told to stop: SIGTERM is no failure of theirs, whenever it comes."""


SIMULATOR = frozenset({"gymnasium", "imageio_ffmpeg", "metaworld", "mujoco", "numba", "wrapt"})
"""Modules that the extra `simulator` brings."""


def _version(value: bool) -> None:
    if value:
        from kinitro.cli.version import describe_version

        typer.echo(describe_version())
        raise typer.Exit


def build_app() -> typer.Typer:
    """The whole command tree."""
    app = typer.Typer(
        name="kinitro",
        help="Find out which robot policies generalize, and pay for them.",
        no_args_is_help=True,
        rich_markup_mode="markdown",  # Rich's own markup would swallow "[default: 8000]"
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def root(
        version: bool = typer.Option(
            False, "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ) -> None:
        pass

    for name in COMMAND_MODULES:
        import_module(f"kinitro.cli.{name}").register(app)
    _expand_home(app)
    return app


def _expand_home(app: typer.Typer) -> None:
    """Let `~` be the home directory in every path of every command.

    Shells expand it in `--out ~/x`, but not in `--out=~/x`, and nobody does in a unit or a compose file.
    """
    for command in app.registered_commands:
        if command.callback is not None:
            command.callback = _at_home(command.callback)
    for group in app.registered_groups:
        if group.typer_instance is not None:
            _expand_home(group.typer_instance)


def _at_home(callback: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(callback)
    def command(*arguments: Any, **options: Any) -> Any:
        return callback(*arguments, **{name: _expanded(value) for name, value in options.items()})

    return command


def _expanded(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(_expanded(part) for part in value)
    if not isinstance(value, Path):
        return value
    try:
        return value.expanduser()
    except RuntimeError:
        raise ConfigurationError(
            f"The home directory in {str(value)!r} does not exist: write the path in full."
        ) from None


def _explain_missing(module: str) -> str:
    """Say which part of Kinitro is not installed, from the module that a command did not find."""
    extra = "simulator" if module.partition(".")[0] in SIMULATOR else "full"
    return (
        f"This command needs the package {module.partition('.')[0]}, which is not installed: "
        f"`pip install 'kinitro[{extra}]'` brings it."
    )


def main() -> None:
    """Run the command line; every foreseen error is one sentence on standard error and an exit code."""
    os.environ.setdefault("MUJOCO_GL", "disable")
    if SERVICES.intersection(sys.argv[1:2]) and not {"--once", "--dry-run"}.intersection(sys.argv):
        from kinitro.stopping import leave_on_sigterm

        leave_on_sigterm()
    try:
        build_app()()
    except KinitroError as error:
        typer.echo(f"kinitro: {error}", err=True)
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "kinitro":
            raise
        typer.echo(f"kinitro: {_explain_missing(error.name)}", err=True)
        sys.exit(ConfigurationError.exit_code)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
