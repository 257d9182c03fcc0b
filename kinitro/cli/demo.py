"""The whole subnet on one machine."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
