"""The miner's journey."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("init-miner")(init_miner)


def init_miner(directory: Path = typer.Argument(help="A new folder, for example ./my-policy.")) -> None:
    """Write a small, complete policy project."""
    from kinitro.miner.projects import create_project

    create_project(directory)
    typer.echo(f"Wrote {directory}. Next: cd {directory}, edit policy.py, uvicorn server:app --port 8001")
