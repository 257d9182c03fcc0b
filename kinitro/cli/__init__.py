"""The `kinitro` command. One module per kind of user; heavy imports happen inside the commands."""

from __future__ import annotations

import os
import signal
import sys
from importlib import import_module

import typer

from kinitro import __version__
from kinitro.errors import KinitroError

COMMAND_MODULES = (
    "demo",
    "environments",
    "api",
    "scheduler",
    "executor",
    "verifier",
    "validator",
    "policies",
    "chain",
    "scoring",
    "audit",
    "miner",
)
"""Each has `register(app)`, which adds its commands."""


def _version(value: bool) -> None:
    if value:
        typer.echo(f"kinitro {__version__}")
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
    return app


def main() -> None:
    """Entry point: one clear sentence on stderr for every foreseen error, and its exit code."""
    os.environ.setdefault("MUJOCO_GL", "disable")
    try:
        build_app()()
    except KinitroError as error:
        typer.echo(f"kinitro: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
