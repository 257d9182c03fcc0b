"""Commands that run a verifier, and that verify one published episode again."""

from __future__ import annotations

import typer

from kinitro.cli.flags import command_of

_SETTINGS = "kinitro.verification.settings:VerifierSettings"
_OF_ONE_TASK = ("api_url", "sandbox", "allow_no_control_group", "runtime", "cache", "max_repo_size")


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(cls=command_of(_SETTINGS))(verifier)
    app.command(cls=command_of(_SETTINGS, *_OF_ONE_TASK))(verify)


def verifier(context: typer.Context) -> None:
    """Verify that miners deploy what they committed: recorded episodes against their uploads, in a sandbox."""
    from kinitro.verification.main import run

    run(context.obj)


def verify(
    context: typer.Context,
    task: int = typer.Option(min=1, help="Verify the recorded task with this number; its cycle must be over."),
) -> None:
    """Verify a published episode again: exit code 0 if the verdict is the published one.

    Settings without a flag here are those of `kinitro verifier`.
    """
    import asyncio

    from kinitro.verification.repetition import VerdictDiffers, repeat

    found = asyncio.run(repeat(context.obj, task))
    typer.echo(f"Task {task} of uid {found.uid}: {found.verdict}, published is {found.published or 'no verdict'}.")
    typer.echo(found.evidence.model_dump_json(indent=2, exclude_none=True))
    if found.published is not None and found.published != found.verdict:
        raise VerdictDiffers(f"The published verdict is {found.published}, found here is {found.verdict}.")
