"""Commands that run episodes: executors, evaluation at home, and the image of evaluation containers."""

from __future__ import annotations

from pathlib import Path

import typer

from kinitro.cli.comparison import compare
from kinitro.cli.evaluation import evaluate
from kinitro.cli.flags import command_of
from kinitro.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("executor", cls=command_of("kinitro.executor.settings:ExecutorSettings"))(executor)
    app.command("evaluate")(evaluate)
    app.command("compare")(compare)
    app.command("build-eval-env")(build_eval_env)


def executor(context: typer.Context) -> None:
    """Lease tasks from the API, run their episodes and submit the results."""
    from kinitro.executor.main import run

    run(context.obj)


def build_eval_env(
    tag: str = typer.Option("kinitro/eval-env:v1", help="Give the image this name."),
    base_image: str = typer.Option(
        None, help="Build on this image, which has Python and pip.  [default: python:3.X-slim]"
    ),
    wheelhouse: Path = typer.Option(None, help="Install the wheels of this directory, and download nothing."),
) -> None:
    """Build the container image in which --eval-mode docker and basilica run episodes."""
    from kinitro.executor.containers.image import build, choose_base_image

    if wheelhouse is not None and not wheelhouse.is_dir():
        raise ConfigurationError(f"--wheelhouse cannot be {str(wheelhouse)!r}: name an existing directory of wheels.")
    build(tag, base_image=base_image or choose_base_image(), wheelhouse=wheelhouse)
    typer.echo(f"Built {tag}. Next: kinitro executor --api-url URL --eval-mode docker --eval-image {tag}")
