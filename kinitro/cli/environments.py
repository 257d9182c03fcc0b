"""The command that lists what policies are evaluated on."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from kinitro.environments import EnvironmentSpec
    from kinitro.environments.rungs import Rung


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("list-envs")(list_envs)


def list_envs(
    scored: bool = typer.Option(False, "--scored", help="List only the environments that are scored by default."),
    rungs: bool = typer.Option(False, "--rungs", help="List the rungs that ids may name, with their laws."),
    as_json: bool = typer.Option(False, "--json", help="Print everything that is known as JSON."),
) -> None:
    """List all environments: what to do, and how often a scripted expert and chance succeed."""
    from kinitro.environments import all_specs, scored_specs

    specs = scored_specs() if scored else all_specs()
    if rungs:
        _list_rungs(specs, as_json)
        return
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


def _list_rungs(specs: tuple[EnvironmentSpec, ...], as_json: bool) -> None:
    """Print every rung of these environments once, with the number of those that have it."""
    from kinitro.environments.registry import list_rungs

    having: dict[Rung, list[str]] = {}
    for spec in specs:
        for rung in list_rungs(spec):
            having.setdefault(rung, []).append(spec.id)
    if as_json:
        rows = [
            {"name": rung.name, "kind": rung.kind, "law": rung.law, "version": rung.version, "environments": ids}
            for rung, ids in having.items()
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    width = max((len(rung.name) for rung in having), default=4)
    typer.echo(f"{'rung':{width}}  asks     environments  law")
    for rung, ids in having.items():
        typer.echo(f"{rung.name:{width}}  {rung.kind:7}  {len(ids):4} of {len(specs):4}  {rung.law}")
    typer.echo(f"\nAn id names its rungs behind @, in any order: {specs[0].id}@delay@noise.")
