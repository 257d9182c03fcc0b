"""The verifier, and verifying one published episode again."""

from __future__ import annotations

from pathlib import Path

import typer


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(verifier)
    app.command()(verify)


def verifier(
    api_url: str = typer.Option(None, help="Where the API is, for example http://localhost:8000."),
    api_key: str = typer.Option(None, help="Key of scope verify or tasks; better given as KINITRO_VERIFIER_API_KEY."),
    name: str = typer.Option(None, help="Display name [default: this machine's]."),
    sandbox: str = typer.Option(None, help="What keeps policies from doing harm: bwrap or docker."),
    allow_no_control_group: bool = typer.Option(
        None, "--allow-no-control-group", help="Run policies also where nothing limits the kernel's memory they use."
    ),
    gpus: str = typer.Option(None, help="With docker, the GPUs that policies see: all, or numbers or UUIDs."),
    runtime: str = typer.Option(
        None, help="What policies run in: a Python interpreter with the published packages, or with docker an image."
    ),
    cache: Path = typer.Option(None, help="Where uploads of miners are kept."),
    cache_size: str = typer.Option(None, help="Of the cache at most [default: 64g]."),
    max_repo_size: str = typer.Option(None, help="Of one upload at most [default: 8g]."),
    workers: int = typer.Option(None, help="Policies that are verified at once [default: 1]."),
    policy_memory: str = typer.Option(None, help="Of one policy in its sandbox [default: 4g]."),
    policy_cpus: float = typer.Option(None, help="Cores that one policy may keep busy [default: 1]."),
    policy_start: str = typer.Option(None, help="Time that a policy has to come up [default: 120s]."),
    policy_time: str = typer.Option(None, help="Time that a policy has for a whole episode [default: 900s]."),
    policy_slowdown: float = typer.Option(
        None, help="How many times as long as the deployed server a policy may take to answer [default: 60]."
    ),
    grace_s: float = typer.Option(None, help="Seconds for checks under way to finish after SIGTERM."),
    log_level: str = typer.Option(None, help="debug, info, warning or error."),
    log_format: str = typer.Option(None, help="auto, json or console."),
) -> None:
    """Verify that miners deploy what they committed: recorded episodes against their uploads, in a sandbox."""
    from kinitro.verification.settings import VerifierSettings

    settings = VerifierSettings.load(
        api_url=api_url,
        api_key=api_key,
        name=name,
        sandbox=sandbox,
        allow_no_control_group=allow_no_control_group,
        gpus=gpus,
        runtime=runtime,
        cache=cache,
        cache_size=cache_size,
        max_repo_size=max_repo_size,
        workers=workers,
        policy_memory=policy_memory,
        policy_cpus=policy_cpus,
        policy_start=policy_start,
        policy_time=policy_time,
        policy_slowdown=policy_slowdown,
        grace_s=grace_s,
        log_level=log_level,
        log_format=log_format,
    )
    from kinitro.verification.main import run

    run(settings)


def verify(
    task: int = typer.Option(min=1, help="The number of a recorded task; its cycle must be over."),
    api_url: str = typer.Option(None, help="Where the results are published."),
    sandbox: str = typer.Option(None, help="What keeps the policy from doing harm [default: bwrap]."),
    runtime: str = typer.Option(None, help="What the policy runs in [default: this interpreter]."),
    allow_no_control_group: bool = typer.Option(
        None, "--allow-no-control-group", help="Run it also where nothing limits the kernel's memory it uses."
    ),
    cache: Path = typer.Option(None, help="Where the upload is kept."),
    max_repo_size: str = typer.Option(None, help="Of the upload at most [default: 8g]."),
) -> None:
    """Verify a published episode again: exit code 0 if the verdict is the published one. Settings as of `verifier`."""
    import asyncio

    from kinitro.verification.settings import VerifierSettings

    settings = VerifierSettings.load(
        api_url=api_url,
        sandbox=sandbox,
        allow_no_control_group=allow_no_control_group,
        runtime=runtime,
        cache=cache,
        max_repo_size=max_repo_size,
    )
    from kinitro.verification.repetition import VerdictDiffers, repeat

    found = asyncio.run(repeat(settings, task))
    typer.echo(f"Task {task} of uid {found.uid}: {found.verdict}, published is {found.published or 'no verdict'}.")
    typer.echo(found.evidence.model_dump_json(indent=2, exclude_none=True))
    if found.published is not None and found.published != found.verdict:
        raise VerdictDiffers(f"The published verdict is {found.published}, found here is {found.verdict}.")
