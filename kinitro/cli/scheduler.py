"""Commands that run the scheduler, and that show and cancel its cycles."""

from __future__ import annotations

import typer

from kinitro.cli.flags import command_of


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command(cls=command_of("kinitro.scheduler.settings:SchedulerSettings"))(scheduler)
    cycle = typer.Typer(help="List cycles, show one, or cancel one.", no_args_is_help=True)
    with_database = command_of("kinitro.scheduler.settings:CycleSettings", "database_url")
    cycle.command(name="list", cls=with_database)(list_cycles)
    cycle.command(name="show", cls=with_database)(show_cycle)
    cycle.command(name="cancel", cls=with_database)(cancel_cycle)
    app.add_typer(cycle, name="cycle")


def scheduler(context: typer.Context) -> None:
    """Open cycles, create their tasks, score and publish.

    Several may run for one subnet: one leads, the others stand by.
    """
    from kinitro.scheduler.main import run

    run(context.obj)


def list_cycles(
    context: typer.Context,
    limit: int = typer.Option(20, min=1, max=10_000, help="Show at most this many of the newest cycles."),
) -> None:
    """List the newest cycles, one a line: what became of them and how many miners took part."""
    from kinitro.scheduler.commands import read_cycles

    cycles = read_cycles(context.obj.database_url, limit)
    if not cycles:
        typer.echo("There is no cycle yet.")
    for cycle, miners in cycles:
        reason = f"  {cycle.reason}" if cycle.reason else ""
        typer.echo(
            f"{cycle.id:6d}  {cycle.state:9s}  subnet {cycle.netuid}  block {cycle.block}  {miners} miners  "
            f"{cycle.created_at:%Y-%m-%d %H:%M:%S}{reason}"
        )


def show_cycle(
    context: typer.Context,
    cycle_id: int = typer.Argument(min=1, help="The number of the cycle, which `kinitro cycle list` shows."),
) -> None:
    """Show the public record of a cycle as JSON: miners, commitments to the seeds, counts."""
    from kinitro.scheduler.commands import read_manifest

    typer.echo(read_manifest(context.obj.database_url, cycle_id).model_dump_json(indent=2))


def cancel_cycle(
    context: typer.Context,
    cycle_id: int = typer.Argument(min=1, help="The number of the cycle, which `kinitro cycle list` shows."),
    reason: str = typer.Option("cancelled by the operator", help="Publish this reason with the cycle."),
) -> None:
    """End a cycle without a result. Its tasks are dropped and its seeds revealed; the weights published last stay."""
    from kinitro.scheduler.commands import cancel

    cancel(context.obj.database_url, cycle_id, reason)
    typer.echo(f"Cycle {cycle_id} is cancelled: {reason}.")
