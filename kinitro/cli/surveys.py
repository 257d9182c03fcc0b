"""Runs a survey from the command line: starts the policy's server if it must, shows the progress, says how to go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import typer

from kinitro.errors import ConfigurationError

if TYPE_CHECKING:
    from kinitro.evaluation.jobs import Evaluator
    from kinitro.evaluation.result_files import Provenance
    from kinitro.evaluation.survey import Journal, SurveyPlan, Trial

VIDEOS_AT_ONCE = 8
"""Most episodes that are recorded at once; each has an encoder process of its own."""


def parse_target(text: str) -> str | Path:
    """Return a URL as it is, and anything else as an absolute path of a directory; raises ConfigurationError."""
    if "://" in text:
        return text
    directory = Path(text).expanduser() if text.startswith("~") else Path(text)
    if not directory.is_dir():
        raise ConfigurationError(f"{text!r} is neither a URL such as http://127.0.0.1:8001 nor a directory.")
    return directory


def list_environments(text: str | None) -> list[str]:
    """Return the ids of environments and sets in a list with commas, of `mission` if there is none."""
    from kinitro.environments.sets import parse_environments

    return [spec.id for spec in parse_environments(text)]


def name_target(target: str | Path) -> str:
    """Return what plans and result files call a target."""
    return target if isinstance(target, str) else str(target.resolve())


def run_at_home(
    plan: SurveyPlan,
    target: str | Path,
    journal: Journal,
    *,
    workers: int | None,
    episodes_per_worker: int,
    videos: Path | None = None,
    traces: bool = False,
    sandbox: bool = False,
    pack: Path | None = None,
) -> Provenance:
    """Run what the journal does not have yet of a survey, on this machine; the journal is closed afterwards.

    workers: the number of processes; None for one per core.
    videos: the directory for a video of every episode; None for no videos.
    traces: whether the trials shall have their traces, from which they can be filmed later.
    sandbox: whether the target, a directory, shall run as executors host policies.
    pack: the sealed pack that the plan names by its digest.

    Raises UnavailableError, VideoFailed, and KeyboardInterrupt after having said how to go on.
    """
    from kinitro.environments.packs.directory import keep_pack, read_pack_file
    from kinitro.environments.packs.format import digest_pack
    from kinitro.evaluation.pool import WorkerPool
    from kinitro.evaluation.result_files import Provenance, find_revision
    from kinitro.evaluation.worker import WorkerConfig
    from kinitro.executor.settings import count_usable_cores

    revision = None if isinstance(target, str) else find_revision(target)
    packs = TemporaryDirectory(prefix="kinitro-packs-")
    if pack is not None:
        data = read_pack_file(pack)
        keep_pack(Path(packs.name), data, digest_pack(data))
    config = WorkerConfig(allow_private_endpoints=True, log_level="warning", packs=packs.name)
    evaluator = WorkerPool(workers or count_usable_cores(), episodes_per_worker, config)
    try:
        if sandbox and isinstance(target, Path):
            asyncio.run(_run_sandboxed(plan, evaluator, target, journal, videos, traces=traces))
        else:
            asyncio.run(_run(plan, evaluator, target, journal, videos, traces=traces))
    except KeyboardInterrupt:
        done = len(journal.trials)
        typer.echo(f"Stopped after {done} of {len(plan.keys)} episodes; the same command continues.", err=True)
        raise
    finally:
        packs.cleanup()
        journal.close()
    return Provenance(evaluator.fingerprint, evaluator.versions, revision)


async def _run(
    plan: SurveyPlan,
    evaluator: Evaluator,
    target: str | Path,
    journal: Journal,
    videos: Path | None,
    *,
    traces: bool,
) -> None:
    from kinitro.errors import UnavailableError
    from kinitro.evaluation.survey import expect_answer
    from kinitro.executor.concurrency import ask_concurrency
    from kinitro.logs import configure_logs

    configure_logs("warning", "console")
    log_path = journal.path.with_suffix(".log")
    log = "" if isinstance(target, str) else f" Its log is {log_path}."

    async def expect(url: str) -> None:
        try:
            await expect_answer(url)
        except UnavailableError as error:
            raise UnavailableError(f"{error}{log}") from None

    async with _endpoint(target, log_path) as url:
        await expect(url)
        at_once = await ask_concurrency(url, allow_private=True)
        await _survey(plan, evaluator, url, journal, at_once, videos, log, traces=traces, expect=expect)


async def _run_sandboxed(
    plan: SurveyPlan, evaluator: Evaluator, directory: Path, journal: Journal, videos: Path | None, *, traces: bool
) -> None:
    from kinitro.local.sandboxed_directory import host_directory
    from kinitro.logs import configure_logs

    async def expect(_: str) -> None:
        """An instance that has ended is started again for the next episode."""

    configure_logs("warning", "console")
    typer.echo(f"Running {directory} in the sandbox, as executors host policies.", err=True)
    async with host_directory(directory, evaluator) as hosted:
        await _survey(plan, hosted, "", journal, hosted.capacity, videos, "", traces=traces, expect=expect)


async def _survey(
    plan: SurveyPlan,
    evaluator: Evaluator,
    url: str,
    journal: Journal,
    at_once: int,
    videos: Path | None,
    log: str,
    *,
    traces: bool,
    expect: Callable[[str], Awaitable[None]],
) -> None:
    """Start the evaluator, run what is left, and close it; `log` says where the server's log is."""
    from kinitro.errors import UnavailableError
    from kinitro.evaluation.survey import run_survey

    try:
        with _SurveyProgress(plan, journal, log) as progress:
            await evaluator.start()
            await run_survey(
                plan,
                evaluator,
                url,
                journal,
                at_once=min(at_once, VIDEOS_AT_ONCE) if videos else at_once,
                videos=videos,
                traces=traces,
                finished=progress.add,
                expect=expect,
            )
    except UnavailableError as error:
        done = f"{len(journal.trials)} of {len(plan.keys)} episodes are done; the same command continues."
        raise UnavailableError(f"{error} {done}") from None
    finally:
        await evaluator.close()


@asynccontextmanager
async def _endpoint(target: str | Path, log_path: Path) -> AsyncIterator[str]:
    if isinstance(target, str):
        yield target
        return
    from kinitro.local.policy_directory import serve_policy_directory

    typer.echo(f"Starting the policy server of {target}; its log is {log_path}.", err=True)
    async with serve_policy_directory(target, log_path) as url:
        yield url


class _SurveyProgress:
    """Shows a bar on standard error, and the first fault of each kind as soon as it happens."""

    def __init__(self, plan: SurveyPlan, journal: Journal, log: str) -> None:
        """`log` says where the server's log is, if that is known."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = Console(stderr=True)
        self._log = log
        self._shown: set[str | None] = set()
        self._total, self._done = len(plan.keys), len(journal.trials)
        self._successes = sum(trial.result.outcome.name == "SUCCESS" for trial in journal.trials)
        self._bar = Progress(
            TextColumn("episodes"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=self._console,
        )
        self._task = self._bar.add_task("", total=self._total, completed=self._done)

    def __enter__(self) -> _SurveyProgress:
        if self._done:
            self._console.print(
                f"Continuing an interrupted run: {self._done} of {self._total} episodes are done (--fresh starts over)."
            )
        self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.stop()

    def add(self, trial: Trial) -> None:
        self._done += 1
        self._successes += trial.result.outcome.name == "SUCCESS"
        self._bar.update(self._task, completed=self._done, description=f"{self._successes / self._done:.0%} success")
        if trial.result.reason is not None and trial.result.reason not in self._shown:
            self._shown.add(trial.result.reason)
            where = f"{trial.env_id}, episode {trial.episode}: {trial.result.reason}."
            self._console.print(
                f"{where} {trial.result.detail or ''}{self._log}", markup=False, highlight=False, soft_wrap=True
            )
