"""The scheduler and its cycles."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(scheduler)
    cycle = typer.Typer(help="Look at cycles, or cancel one.", no_args_is_help=True)
    cycle.command(name="list")(list_cycles)
    cycle.command(name="show")(show_cycle)
    cycle.command(name="cancel")(cancel_cycle)
    app.add_typer(cycle, name="cycle")


def scheduler(
    netuid: int | None = typer.Option(None, help="The subnet."),
    network: str | None = typer.Option(None, help="finney, test, local, local-dev or a ws:// URL.  [default: finney]"),
    database_url: str | None = typer.Option(None, help="postgresql://user:password@host:5432/database"),
    episodes_per_env: int | None = typer.Option(None, help="Episodes per miner and environment.  [default: 50]"),
    environments: list[str] | None = typer.Option(
        None, help="Environment ids, separated by commas or given repeatedly.  [default: those scored by default]"
    ),
    max_steps: int | None = typer.Option(None, help="A shorter horizon for all environments."),
    eval_interval: str | None = typer.Option(None, help="From one cycle's start to the next one's.  [default: 1h]"),
    cycle_timeout: str | None = typer.Option(None, help="What the tasks of a cycle may take.  [default: 6h]"),
    min_episodes: int | None = typer.Option(
        None, help="Episodes per environment, complete for all miners, that a cycle needs.  [default: half of them]"
    ),
    max_void_share: float | None = typer.Option(
        None, help="Share of an environment's episodes that our own faults may cost.  [default: 0.1]"
    ),
    max_laggard_share: float | None = typer.Option(
        None, help="Share of the miners that may be too slow without spoiling the cycle for others.  [default: 0.25]"
    ),
    verification_checks: int | None = typer.Option(
        None, help="Episodes that are always recorded of a miner that was never found to match.  [default: 3]"
    ),
    verification_timeout: str | None = typer.Option(
        None, help="How long verdicts may keep the scores waiting.  [default: 15m]"
    ),
    verification_failures: int | None = typer.Option(
        None, help="Failed checks that cost a miner its weight.  [default: 2]"
    ),
    verification_failure_share: float | None = typer.Option(
        None, help="And at least this share of its checks.  [default: 0.1]"
    ),
    verification_tolerance: float | None = typer.Option(None, help="Within which actions must agree."),
    verification_share: float | None = typer.Option(None, help="Share of an episode's actions that must agree."),
    cycles: int | None = typer.Option(None, help="Stop after publishing this many."),
    poll_interval: str | None = typer.Option(None, help="Between two looks at tasks or the chain.  [default: 1s]"),
    keep_traces: int | None = typer.Option(None, help="Newest finished cycles whose traces are kept.  [default: 50]"),
    backend_key_file: Path | None = typer.Option(
        None, help="The key that opens sealed endpoints, made with `kinitro keys backend`."
    ),
    wallet_name: str | None = typer.Option(
        None, help="Whose hotkey commits every cycle's seed key on chain: validators want that."
    ),
    hotkey_name: str | None = typer.Option(None, help="Its hotkey, best the subnet owner's.  [default: default]"),
    wallet_path: str | None = typer.Option(None, help="Where wallets are.  [default: the SDK's]"),
    allow_private_endpoints: bool | None = typer.Option(
        None, "--allow-private-endpoints", help="For a subnet on one machine: miners may be on it."
    ),
    log_level: str | None = typer.Option(None, help="debug, info, warning or error.  [default: info]"),
    log_format: str | None = typer.Option(None, help="auto, json or console.  [default: auto]"),
) -> None:
    """Open cycles, create their tasks, score and publish. Also reads KINITRO_SCHEDULER_* variables and .env.

    Several may run for one subnet: one leads, the others stand by.
    """
    from kinitro.scheduler.main import run
    from kinitro.scheduler.settings import SchedulerSettings

    settings = SchedulerSettings.load(
        netuid=netuid,
        network=network,
        database_url=database_url,
        episodes_per_env=episodes_per_env,
        environments=environments or None,
        max_steps=max_steps,
        eval_interval=eval_interval,
        cycle_timeout=cycle_timeout,
        min_episodes=min_episodes,
        max_void_share=max_void_share,
        max_laggard_share=max_laggard_share,
        verification_checks=verification_checks,
        verification_timeout=verification_timeout,
        verification_failures=verification_failures,
        verification_failure_share=verification_failure_share,
        verification_tolerance=verification_tolerance,
        verification_share=verification_share,
        cycles=cycles,
        poll_interval=poll_interval,
        keep_traces=keep_traces,
        backend_key_file=backend_key_file,
        wallet_name=wallet_name,
        hotkey_name=hotkey_name,
        wallet_path=wallet_path,
        allow_private_endpoints=allow_private_endpoints,
        log_level=log_level,
        log_format=log_format,
    )
    run(settings)


_DATABASE_URL = typer.Option(
    None, help="postgresql://user:password@host:5432/database [env: KINITRO_SCHEDULER_DATABASE_URL]"
)


def _url(given: str | None) -> str:
    from kinitro.scheduler.settings import CycleSettings

    return CycleSettings.load(database_url=given).database_url


def list_cycles(
    database_url: str | None = _DATABASE_URL,
    limit: int = typer.Option(20, min=1, max=10_000, help="The newest ones."),
) -> None:
    """The newest cycles, one a line: what became of them and how many miners took part."""
    from kinitro.scheduler.commands import read_cycles

    cycles = read_cycles(_url(database_url), limit)
    if not cycles:
        typer.echo("There is no cycle yet.")
    for cycle, miners in cycles:
        reason = f"  {cycle.reason}" if cycle.reason else ""
        typer.echo(
            f"{cycle.id:6d}  {cycle.state:9s}  subnet {cycle.netuid}  block {cycle.block}  {miners} miners  "
            f"{cycle.created_at:%Y-%m-%d %H:%M:%S}{reason}"
        )


def show_cycle(
    cycle_id: int = typer.Argument(min=1, help="Its number; `kinitro cycle list` shows them."),
    database_url: str | None = _DATABASE_URL,
) -> None:
    """The public record of a cycle, as JSON: miners, commitments to the seeds, counts."""
    from kinitro.scheduler.commands import read_manifest

    typer.echo(read_manifest(_url(database_url), cycle_id).model_dump_json(indent=2))


def cancel_cycle(
    cycle_id: int = typer.Argument(min=1, help="Its number; `kinitro cycle list` shows them."),
    reason: str = typer.Option("cancelled by the operator", help="Published with the cycle."),
    database_url: str | None = _DATABASE_URL,
) -> None:
    """End a cycle without a result. Its tasks are dropped, its seeds revealed, the weights published last stay."""
    from kinitro.scheduler.commands import cancel

    cancel(_url(database_url), cycle_id, reason)
    typer.echo(f"Cycle {cycle_id} is cancelled: {reason}.")
