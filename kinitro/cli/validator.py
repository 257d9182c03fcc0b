"""The validator."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(validate)


def validate(
    backend_url: str | None = typer.Option(None, help="The API whose weights are set."),
    netuid: int | None = typer.Option(None, help="The subnet."),
    network: str | None = typer.Option(None, help="finney, test, local, local-dev or a ws:// URL.  [default: finney]"),
    wallet_name: str | None = typer.Option(None, help="The wallet.  [default: default]"),
    hotkey_name: str | None = typer.Option(None, help="Its hotkey, which must be registered.  [default: default]"),
    wallet_path: str | None = typer.Option(None, help="Where wallets are.  [default: the SDK's]"),
    poll_interval: str | None = typer.Option(None, help="Time between two looks, as 30s or 5m.  [default: 60s]"),
    max_age: str | None = typer.Option(
        None, help="Set published weights up to this age, as 36h or 2d.  [default: 48h]"
    ),
    if_none_qualify: str | None = typer.Option(
        None, help="burn: all weight to the subnet's owner; keep-last: repeat the last weights.  [default: burn]"
    ),
    max_unregistered_share: float | None = typer.Option(
        None, help="Refuse when more of the weight belongs to hotkeys that left the subnet.  [default: 0.1]"
    ),
    audit: bool | None = typer.Option(
        None, "--audit/--no-audit", help="Check what the operator published before setting it.  [default: --audit]"
    ),
    audit_sample: int | None = typer.Option(
        None, help="Episodes that an audit replays beside those where a lie would pay; 0: none.  [default: 5]"
    ),
    audit_missed: float | None = typer.Option(
        None, help="Chance that one audit misses a lie that changes who is paid most.  [default: 0.215]"
    ),
    audit_workers: int | None = typer.Option(None, help="Processes that replay.  [default: 1]"),
    operator_hotkey: str | None = typer.Option(
        None, help="The address that commits seed keys on chain.  [default: the subnet owner's hotkey]"
    ),
    allow_unchecked: bool | None = typer.Option(
        None,
        "--allow-unchecked",
        help="Set weights although some checks cannot be made here.",
    ),
    state_directory: Path | None = typer.Option(
        None, help="Where the last weights are kept over restarts.  [default: ~/.local/state/kinitro]"
    ),
    once: bool = typer.Option(False, "--once", help="Set the newest weights now and exit."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Check everything, say what would be set, and exit."),
    log_level: str | None = typer.Option(None, help="debug, info, warning or error.  [default: info]"),
    log_format: str | None = typer.Option(None, help="auto, json or console.  [default: auto]"),
) -> None:
    """Set the published weights on chain, after checking them. Also reads KINITRO_VALIDATOR_* variables and .env."""
    from kinitro.validator.main import run, run_once
    from kinitro.validator.settings import ValidatorSettings

    settings = ValidatorSettings.load(
        backend_url=backend_url,
        netuid=netuid,
        network=network,
        wallet_name=wallet_name,
        hotkey_name=hotkey_name,
        wallet_path=wallet_path,
        poll_interval=poll_interval,
        max_age=max_age,
        if_none_qualify=if_none_qualify,
        max_unregistered_share=max_unregistered_share,
        audit=audit,
        audit_sample=audit_sample,
        audit_missed=audit_missed,
        audit_workers=audit_workers,
        operator_hotkey=operator_hotkey,
        allow_unchecked=allow_unchecked,
        state_directory=state_directory,
        log_level=log_level,
        log_format=log_format,
    )
    if once or dry_run:
        run_once(settings, dry_run=dry_run)
    else:
        run(settings)
