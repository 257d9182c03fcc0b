"""Why a miner earns what it earns."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
