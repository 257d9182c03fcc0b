"""Executors, evaluation images, evaluation at home."""

from __future__ import annotations

from pathlib import Path

import typer

from kinitro.cli.evaluation import evaluate
from kinitro.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("executor")(executor)
    app.command("evaluate")(evaluate)
    app.command("build-eval-env")(build_eval_env)


def executor(
    api_url: str = typer.Option(None, help="Where the API is, for example http://localhost:8000."),
    api_key: str = typer.Option(None, help="Executor key; better given as KINITRO_EXECUTOR_API_KEY."),
    name: str = typer.Option(None, help="Display name, letters, digits and ._:/@+- [default: this machine's]."),
    workers: int = typer.Option(None, help="Processes [default: one per core]."),
    episodes_per_worker: int = typer.Option(None, help="Episodes in flight in each process; each takes about 30 MiB."),
    batch_size: int = typer.Option(None, help="Tasks fetched at once at most."),
    env_families: str = typer.Option(None, help="Only these, comma-separated, for example metaworld."),
    eval_mode: str = typer.Option(None, help="local, docker, basilica, or url for a container somebody else runs."),
    eval_image: str = typer.Option(None, help="Image of `kinitro build-eval-env`."),
    eval_hosts: str = typer.Option(None, help="Comma-separated Docker engines, for example localhost,ssh://user@host."),
    eval_replicas: int = typer.Option(None, help="Containers per Docker engine, or pods at once."),
    eval_memory: str = typer.Option(None, help="Memory of a container, for example 8g (Basilica: 8Gi)."),
    eval_cpus: str = typer.Option(None, help="Cores of a container, for example 4 (Basilica: 4000m)."),
    eval_gpus: bool = typer.Option(None, help="Give containers the GPUs of their host."),
    eval_url: str = typer.Option(None, help="With --eval-mode url: the container's address."),
    eval_token: str = typer.Option(None, help="Its token; better given as KINITRO_EXECUTOR_EVAL_TOKEN."),
    allow_private_endpoints: bool = typer.Option(None, help="Allow policy servers on loopback and private networks."),
    canary_url: str = typer.Option(None, help="A policy server of yours outside, to notice a broken uplink."),
    wallet_name: str = typer.Option(None, help="Sign requests to miners with this wallet's hotkey."),
    hotkey_name: str = typer.Option(None, help="The hotkey to sign with [default: default]."),
    wallet_path: str = typer.Option(None, help="Where wallets are [default: ~/.bittensor/wallets]."),
    verification_rate: float = typer.Option(
        None, help="Share of the episodes that are recorded to be verified [default: 0.05]."
    ),
    verify: bool = typer.Option(
        None, "--verify", help="Run `kinitro verifier` beside it, with its settings from KINITRO_VERIFIER_*."
    ),
    spool_dir: Path = typer.Option(None, help="Where results wait while the API is away."),
    grace_s: float = typer.Option(None, help="Seconds for running episodes to finish after SIGTERM."),
    log_level: str = typer.Option(None, help="debug, info, warning or error."),
    log_format: str = typer.Option(None, help="auto, json or console."),
) -> None:
    """Lease tasks from the API, run their episodes and submit the results."""
    from kinitro.executor.settings import ExecutorSettings

    settings = ExecutorSettings.load(
        api_url=api_url,
        api_key=api_key,
        name=name,
        workers=workers,
        episodes_per_worker=episodes_per_worker,
        batch_size=batch_size,
        env_families=env_families,
        eval_mode=eval_mode,
        eval_image=eval_image,
        eval_hosts=eval_hosts,
        eval_replicas=eval_replicas,
        eval_memory=eval_memory,
        eval_cpus=eval_cpus,
        eval_gpus=eval_gpus,
        eval_url=eval_url,
        eval_token=eval_token,
        allow_private_endpoints=allow_private_endpoints,
        canary_url=canary_url,
        wallet_name=wallet_name,
        hotkey_name=hotkey_name,
        wallet_path=wallet_path,
        verification_rate=verification_rate,
        verify=verify,
        spool_dir=spool_dir,
        grace_s=grace_s,
        log_level=log_level,
        log_format=log_format,
    )
    from kinitro.executor.main import run

    run(settings)


def build_eval_env(
    tag: str = typer.Option("kinitro/eval-env:v1", help="Name of the image."),
    base_image: str = typer.Option(None, help="Image with Python and pip to build on [default: python:3.X-slim]."),
    wheelhouse: Path = typer.Option(None, help="Directory of wheels; nothing is downloaded."),
) -> None:
    """Build the container image in which --eval-mode docker and basilica run episodes."""
    from kinitro.executor.containers.image import build, default_base_image

    if wheelhouse is not None and not wheelhouse.is_dir():
        raise ConfigurationError(f"--wheelhouse cannot be {str(wheelhouse)!r}: name an existing directory of wheels.")
    build(tag, base_image=base_image or default_base_image(), wheelhouse=wheelhouse)
    typer.echo(f"Built {tag}. Next: kinitro executor --api-url URL --eval-mode docker --eval-image {tag}")
