"""The command that runs a whole subnet on one machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_ENVIRONMENTS = (
    "metaworld/reach-v3",
    "metaworld/button-press-v3",
    "metaworld/drawer-open-v3",
    "metaworld/drawer-close-v3",
)

LOG_WIDTH = 120
"""Characters of a line where the output is no terminal."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(demo)


def demo(
    environments: Annotated[
        str,
        typer.Option(
            help="Run these environments of `kinitro list-envs`, separated by commas, with or without `metaworld/`."
        ),
    ] = ",".join(DEFAULT_ENVIRONMENTS),
    episodes: Annotated[
        int, typer.Option(min=1, max=1000, help="Run this many episodes per miner and environment.")
    ] = 12,
    max_steps: Annotated[
        int,
        typer.Option(min=10, max=500, help="End episodes after this many control steps; MetaWorld has 80 in a second."),
    ] = 150,
    cycles: Annotated[int, typer.Option(min=1, max=1000, help="Run this many evaluation cycles.")] = 1,
    workers: Annotated[
        int | None, typer.Option(min=1, max=256, help="Simulate in this many processes; by default one per core.")
    ] = None,
    api_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve the API on this port; by default on 8000 if it is free.")
    ] = None,
    keep_running: Annotated[
        bool, typer.Option("--keep-running", help="Continue to serve the API until Ctrl-C.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Write results and logs to this directory; by default to a new one in kinitro-demo/."),
    ] = None,
) -> None:
    """Run a whole subnet on this machine: five miners, real episodes, scores, weights on a local chain."""
    import asyncio
    import os
    import time

    from rich.console import Console

    from kinitro.environments.sets import SETS, select_environments
    from kinitro.errors import ConfigurationError
    from kinitro.local.demo import run_demo
    from kinitro.local.subnet import SubnetOptions
    from kinitro.logs import configure_logs

    configure_logs("warning", "console")
    names = [name.strip() for name in environments.split(",") if name.strip()]
    ids = [
        spec.id
        for name in names
        for spec in select_environments([name if "/" in name or name in SETS else f"metaworld/{name}"])
    ]
    if not ids or len(set(ids)) != len(ids):
        raise ConfigurationError(f"--environments cannot be {environments!r}: give one or more different ids.")
    directory = (out or Path("kinitro-demo") / time.strftime("%Y%m%d-%H%M%S")).resolve()
    if directory.exists() and any(directory.iterdir()):
        raise ConfigurationError(f"--out {directory} is not empty: name a new directory.")
    options = SubnetOptions(
        directory=directory,
        environments=ids,
        episodes=episodes,
        max_steps=max_steps,
        cycles=cycles,
        workers=workers or len(os.sched_getaffinity(0)),
        api_port=api_port,
    )
    console = Console()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    try:
        asyncio.run(run_demo(options, console, keep_running=keep_running))
    except asyncio.CancelledError:
        raise typer.Exit(143) from None
