"""Replay and audit: check what was published, without the miners and without trusting the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from kinitro.audit.errors import AuditUnavailable
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.output_files import check_file, write_whole

if TYPE_CHECKING:
    from kinitro.audit.audit import Progress
    from kinitro.audit.report import AuditReport
    from kinitro.client.http import ApiClient
    from kinitro.evaluation.outcomes import Trace
    from kinitro.evaluation.replay import ReplayReport

_API_URL = typer.Option(
    None, help="Read the published results from the API at this address.", envvar="KINITRO_AUDIT_API_URL"
)


class AuditFailed(KinitroError):
    """Raised when something that was published is not true."""


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command()(replay)
    app.command()(audit)


def replay(
    trace: Path | None = typer.Option(None, help="Replay the trace in this file: raw, or the API's JSON."),
    task: int | None = typer.Option(None, min=1, help="Replay the task with this number; needs --api-url."),
    api_url: str | None = _API_URL,
    video: Path | None = typer.Option(None, dir_okay=False, help="Write what the policy saw to this mp4 file."),
    pack: Path | None = typer.Option(
        None, help="The sealed pack that the episode was drawn from, which the API has at /v1/cycles/NUMBER/pack."
    ),
    save: Path | None = typer.Option(None, dir_okay=False, help="Write the trace to this file."),
) -> None:
    """Run one published episode again, physics only, and compare states, success and reward."""
    from kinitro.environments import fingerprint, make
    from kinitro.environments.packs.directory import open_pack
    from kinitro.evaluation.replay import replay as replay_trace
    from kinitro.evaluation.traces import decode
    from kinitro.evaluation.video import VideoObserver

    if video is not None:
        check_file(video, "--video")
    data = _trace_bytes(trace, task, api_url)
    found = decode(data)
    if save is not None:
        write_whole(save, data, "--save")
    environment = make(found.env_id, pack=None if pack is None else open_pack(pack))
    if video is None:
        report = replay_trace(found, environment, fingerprint=fingerprint())
    else:
        observer = VideoObserver(video, environment.spec.control_hz)
        report = replay_trace(found, environment, fingerprint=fingerprint(), show=observer.observe_unsent)
        observer.end()
    _show_replay(found, report)
    if not report.agrees:
        raise AuditFailed(f"The replay differs: {'; '.join(report.differences)}.")


def audit(
    api_url: str | None = _API_URL,
    cycle: int | None = typer.Option(None, min=1, help="Audit this cycle; by default the newest published one."),
    sample: int = typer.Option(
        20, min=0, help="Replay this many episodes beside those where a lie would pay; 0 replays none."
    ),
    missed: float = typer.Option(
        0.01, min=0.0001, max=0.9999, help="Miss a lie that changes who is paid most at most with this probability."
    ),
    all_episodes: bool = typer.Option(False, "--all", help="Replay every episode."),
    workers: int = typer.Option(1, min=1, max=1024, help="Replay in this many processes."),
    netuid: int | None = typer.Option(None, min=0, help="Require the cycle to be of this subnet."),
    network: str | None = typer.Option(
        None, help="Compare blocks and miners with this chain: finney, test, a ws:// URL or local-dev."
    ),
    operator_hotkey: str | None = typer.Option(
        None, help="Expect seed keys to be committed on chain by this address; by default by the subnet owner's hotkey."
    ),
    witness: Path | None = typer.Option(
        None, dir_okay=False, help="Remember in this file which seed commitments were seen, and compare with it."
    ),
    rerun: int = typer.Option(
        0, min=0, help="Play this many episodes of hosted policies again, in a sandbox on this machine."
    ),
    strict: bool = typer.Option(
        False, "--strict", help="Treat a check that could not be made as a failure, as validators do."
    ),
) -> None:
    """Check a whole cycle: seeds, replays, scores, weights. Exit code 0, 1 (something differs) or 3 (unavailable)."""
    if api_url is None:
        raise ConfigurationError("--api-url (or KINITRO_AUDIT_API_URL) is required: give the API's address.")
    with _progress() as progress:
        report = asyncio.run(
            _audit(
                api_url,
                cycle,
                None if all_episodes else sample,
                missed,
                workers,
                netuid,
                network,
                operator_hotkey,
                witness,
                rerun,
                progress,
            )
        )
    _show_audit(report)
    reason = report.strict_reason if strict else report.reason
    if report.unavailable_reason is not None:
        raise AuditUnavailable(report.unavailable_reason)
    if reason is not None or not report.checks:
        raise AuditFailed(reason or "The audit made no check.")


async def _audit(
    api_url: str,
    cycle: int | None,
    sample: int | None,
    missed: float,
    workers: int,
    netuid: int | None,
    network: str | None,
    operator: str | None,
    witness_file: Path | None,
    rerun: int,
    progress: Progress,
) -> AuditReport:
    import kinitro.chain
    from kinitro.audit.audit import audit_cycle
    from kinitro.audit.witness import Witness
    from kinitro.client.http import ApiClient

    chain = await kinitro.chain.connect(network) if network else None
    try:
        async with ApiClient(api_url) as api:
            witness = Witness.load(witness_file) if witness_file else None
            if witness is not None:
                await witness.note_newest(api)
                witness.save()
            report = await audit_cycle(
                api,
                cycle,
                sample=sample,
                missed=missed,
                workers=workers,
                netuid=netuid,
                chain=chain,
                operator=operator,
                witness=witness,
                progress=progress,
            )
            return await _add_reruns(api, report, rerun, workers, progress) if rerun else report
    finally:
        if chain is not None:
            await chain.close()


async def _add_reruns(
    api: ApiClient, report: AuditReport, number: int, workers: int, progress: Progress
) -> AuditReport:
    """The report with one more check: episodes of hosted policies that were played again. Raises SandboxUnavailable."""
    import random

    from kinitro.audit.audit import fetch_manifest, fetch_results
    from kinitro.audit.packs import check_pack
    from kinitro.audit.report import AuditReport
    from kinitro.evaluation.pool import WorkerPool
    from kinitro.evaluation.worker import WorkerConfig
    from kinitro.executor.hosted_tasks import HostedTasks
    from kinitro.executor.hosting import HostedPolicies, SandboxedUploads
    from kinitro.executor.reruns import check_reruns
    from kinitro.sandbox.settings import SandboxSettings

    if report.cycle_id is None or report.failures:
        return report
    manifest = await fetch_manifest(api, report.cycle_id)
    rows = await fetch_results(api, report.cycle_id, manifest.counts.get("total", 0))
    settings = SandboxSettings(allow_no_control_group=True)
    uploads = None
    if any(miner.hosted for miner in manifest.miners):
        uploads = SandboxedUploads(settings.open_repositories(), *await settings.open_sandbox())
    policies, choose = HostedPolicies(uploads), random.SystemRandom()
    with TemporaryDirectory(prefix="kinitro-packs-") as place:
        await check_pack(api, manifest, Path(place))
        evaluator = WorkerPool(workers, 4, WorkerConfig(log_level="error", packs=place))
        try:
            await evaluator.start()
            hosted = HostedTasks(policies)
            check = await check_reruns(api, manifest, rows, number, hosted, evaluator, choose, progress, Path(place))
        finally:
            await policies.close()
            await evaluator.close()
    return AuditReport(report.cycle_id, (*report.checks, check))


def _trace_bytes(file: Path | None, task: int | None, api_url: str | None) -> bytes:
    from kinitro.audit.replays import parse_trace

    if (file is None) == (task is None):
        raise ConfigurationError("Give one of --trace FILE and --task NUMBER.")
    if file is not None:
        try:
            data = file.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be read: {error.strerror}.") from None
        return parse_trace(data) if data[:1] == b"{" else data
    if api_url is None:
        raise ConfigurationError("--task needs --api-url (or KINITRO_AUDIT_API_URL): the trace is read from there.")
    return asyncio.run(_fetch(api_url, task or 0))


async def _fetch(api_url: str, task: int) -> bytes:
    from kinitro.audit.replays import read_trace
    from kinitro.client.http import ApiClient
    from kinitro.client.records import TraceRecord

    async with ApiClient(api_url) as api:
        return read_trace(await api.get(f"/v1/tasks/{task}/trace", TraceRecord))


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar per kind of work on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield show


def _show_replay(trace: Trace, report: ReplayReport) -> None:
    reported = f"success at step {trace.success_step}" if trace.success_step else "no success"
    again = f"success at step {report.success_step}" if report.success_step else "no success"
    typer.echo(f"{trace.env_id} version {trace.env_version}, seed {trace.seed}, {report.steps} steps")
    if trace.diverged:
        reported = "the simulation failed"
    typer.echo(f"  reported  {reported}, reward {trace.total_reward:.6f}")
    typer.echo(f"  replayed  {again}, reward {report.total_reward:.6f}")
    if not report.exact:
        typer.echo("  states    not compared: this machine's physics fingerprint is not the trace's")
    elif report.first_difference is None:
        typer.echo("  states    equal to the bit")
    else:
        typer.echo(f"  states    differ after step {report.first_difference}")


def _show_audit(report: AuditReport) -> None:
    typer.echo(f"Audit of cycle {report.cycle_id}")
    for check in report.checks:
        typer.echo(f"  {check.verdict:8s} {check.name:10s} {check.detail}")
        for difference in check.differences:
            typer.echo(f"             - {difference}")
    if report.unchecked and not report.failures:
        names = ", ".join(check.name for check in report.unchecked)
        typer.echo(f"Nothing differs, but not everything was checked: {names}. With --strict that is a failure.")
