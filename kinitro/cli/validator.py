"""The command that runs a validator."""

from __future__ import annotations

import typer

from kinitro.cli.flags import command_of


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(cls=command_of("kinitro.validator.settings:ValidatorSettings"))(validate)


def validate(
    context: typer.Context,
    once: bool = typer.Option(False, "--once", help="Set the newest weights now and exit."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Check everything, say what would be set, and exit."),
) -> None:
    """Set the published weights on chain, after checking them."""
    from kinitro.validator.main import run, run_once

    if once or dry_run:
        run_once(context.obj, dry_run=dry_run)
    else:
        run(context.obj)
