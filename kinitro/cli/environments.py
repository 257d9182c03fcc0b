"""The command that lists what policies are evaluated on."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("list-envs")(list_envs)


def list_envs(
    scored: bool = typer.Option(False, "--scored", help="List only the environments that are scored by default."),
    as_json: bool = typer.Option(False, "--json", help="Print everything that is known as JSON."),
) -> None:
    """List all environments: what to do, and how often a scripted expert and chance succeed."""
    from kinitro.environments import all_specs, scored_specs

    specs = scored_specs() if scored else all_specs()
    if as_json:
        typer.echo(json.dumps([asdict(spec) for spec in specs], indent=2))
        return
    rows = [
        (spec.id, "yes" if spec.scored else "no", f"{spec.expert_success:.0%}", f"{spec.random_success:.0%}")
        for spec in specs
    ]
    width = max(len(row[0]) for row in rows)
    typer.echo(f"{'environment':{width}}  scored  expert  random  instruction")
    for (name, is_scored, expert, random), spec in zip(rows, specs, strict=True):
        typer.echo(f"{name:{width}}  {is_scored:6}  {expert:>6}  {random:>6}  {spec.instruction}")
