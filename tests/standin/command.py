"""The `kinitro` command inside this process: what a subprocess would do, without its start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from typer.testing import CliRunner

from kinitro.cli import build_app
from kinitro.errors import KinitroError


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


async def kinitro(*arguments: str, environment: Mapping[str, str] | None = None) -> Done:
    """Run a command in a thread, because it starts an event loop. Unforeseen errors are raised here."""
    result = await asyncio.to_thread(CliRunner().invoke, build_app(), arguments, env=environment)
    error = result.exception
    if isinstance(error, KinitroError):
        return Done(error.exit_code, result.stdout, f"{result.stderr}kinitro: {error}\n")
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return Done(result.exit_code, result.stdout, result.stderr)
