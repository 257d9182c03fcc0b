"""`kinitro evaluate`: run a policy at home with the code that evaluates it on the subnet, and show how it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from kinitro.errors import ConfigurationError
from kinitro.output_files import check_directory, check_file, write_output

if TYPE_CHECKING:
    from rich.console import Console

    from kinitro.evaluation.jobs import Evaluator
    from kinitro.evaluation.survey import Journal, SurveyPlan, Trial

VIDEOS_AT_ONCE = 8
"""Most episodes that are recorded at once; each has an encoder process of its own."""
TABLE_WIDTH = 140
"""Width of the table in characters where the output is not a terminal."""


def evaluate(
    target: str = typer.Argument(
        help="The URL of a policy server, or the directory of one, which is then started; or `merge` before shards."
    ),
    shards: list[Path] = typer.Argument(
        None, help="After `merge`: the result files of all shards of one evaluation, which are put together."
    ),
    environments: str = typer.Option(
        None, help="Evaluate on the environments with these ids, separated by commas; by default on all scored ones."
    ),
    episodes: int = typer.Option(10, min=1, max=100_000, help="Run this many episodes per environment."),
    seed: int = typer.Option(
        0, min=0, help="Draw the episodes from this seed; equal seeds mean equal episodes, whatever the policy."
    ),
    workers: int = typer.Option(None, min=1, max=1024, help="Run in this many processes; by default one per core."),
    episodes_per_worker: int = typer.Option(
        24, min=1, max=1024, help="Run this many episodes at once in each process."
    ),
    max_steps: int = typer.Option(
        None, min=1, help="End episodes after this many steps; by default at each environment's horizon."
    ),
    randomization: Literal["none", "standard", "hard"] = typer.Option(
        "standard", help="Vary physics and appearance this much; scores are measured with standard."
    ),
    shard: str = typer.Option(
        None, help="Run only the part I of N, such as 2/3, so that N machines share the work; `merge` joins them."
    ),
    json: Path = typer.Option(None, help="Write everything as JSON to this file; - is standard output."),
    video: Path = typer.Option(None, file_okay=False, help="Write an mp4 of every episode to this directory."),
    results: Path = typer.Option(Path("results"), file_okay=False, help="Keep an interrupted run in this directory."),
    fresh: bool = typer.Option(False, help="Do not continue an interrupted run, because the policy has changed."),
) -> None:
    """Run a policy on your machine and show how often it succeeds.

    The same command continues an interrupted run where it stopped.
    """
    from kinitro.environments import scored_specs
    from kinitro.evaluation.result_files import Provenance, encode_result_file, find_revision
    from kinitro.evaluation.survey import SCORED_RANDOMIZATION, Journal, SurveyPlan, check_outcomes

    if video is not None:
        check_directory(video, "--video")
    if json is not None and str(json) != "-":
        check_file(json, "--json")
    if target == "merge" and shards:
        _merge(shards, json)
        return
    if shards:
        raise ConfigurationError(f"{str(shards[0])!r} is one argument too many: give one policy at a time.")
    chosen = [name.strip() for name in environments.split(",")] if environments else [s.id for s in scored_specs()]
    is_url = "://" in target
    if not is_url and target.startswith("~"):
        target = str(Path(target).expanduser())
    if not is_url and not Path(target).is_dir():
        raise ConfigurationError(f"{target!r} is neither a URL such as http://127.0.0.1:8001 nor a directory.")
    plan = SurveyPlan.of(
        target if is_url else str(Path(target).resolve()),
        chosen,
        episodes,
        seed,
        max_steps,
        shard=_parse_shard(shard),
        randomization=randomization,
    )
    journal = Journal(results / f"evaluate-{plan.name}.jsonl", plan, fresh=fresh)
    revision = None if is_url or json is None else find_revision(Path(target))
    from kinitro.evaluation.pool import WorkerPool
    from kinitro.evaluation.worker import WorkerConfig
    from kinitro.executor.settings import count_usable_cores

    evaluator = WorkerPool(
        workers or count_usable_cores(),
        episodes_per_worker,
        WorkerConfig(
            allow_private_endpoints=True,
            randomization=None if randomization == SCORED_RANDOMIZATION else randomization,
            log_level="warning",
        ),
    )
    try:
        asyncio.run(_run(plan, evaluator, target if is_url else Path(target), journal, video))
    except KeyboardInterrupt:
        done = len(journal.trials)
        typer.echo(f"Stopped after {done} of {len(plan.keys)} episodes; the same command continues.", err=True)
        raise
    finally:
        journal.close()
    _show(plan, journal.trials, on_stderr=str(json) == "-")
    if json is not None:
        provenance = Provenance(evaluator.fingerprint, evaluator.versions, revision)
        write_output(json, encode_result_file(plan, journal.trials, provenance), "--json")
    check_outcomes(journal.trials)


def _parse_shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    index, slash, number = text.partition("/")
    if not (slash and index.isdecimal() and number.isdecimal() and len(text) < 16):
        raise ConfigurationError(f"--shard cannot be {text!r}: give I/N, such as 2/3 for the second of three parts.")
    return int(index), int(number)


def _merge(paths: Sequence[Path], json: Path | None) -> None:
    """Put the result files of shards together, and show and write what one evaluation would have."""
    from kinitro.evaluation.result_comparison import merge_result_files
    from kinitro.evaluation.result_files import Provenance, encode_result_file, read_result_file
    from kinitro.evaluation.survey import check_outcomes

    files = [read_result_file(path) for path in paths]
    plan, trials = merge_result_files(files)
    _show(plan, trials, on_stderr=str(json) == "-")
    if json is not None:
        provenance = Provenance(files[0].fingerprint, files[0].versions, files[0].revision)
        write_output(json, encode_result_file(plan, trials, provenance), "--json")
    check_outcomes(trials)


async def _run(
    plan: SurveyPlan, evaluator: Evaluator, target: str | Path, journal: Journal, videos: Path | None
) -> None:
    from kinitro.errors import UnavailableError
    from kinitro.evaluation.survey import expect_answer, run_survey
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


def _show(plan: SurveyPlan, trials: Sequence[Trial], *, on_stderr: bool) -> None:
    from rich.table import Table

    from kinitro.evaluation.summary import summarize_all

    table = Table(title=f"{plan.header.target}, seed {plan.header.seed}, randomization {plan.header.randomization}")
    table.add_column("environment", no_wrap=True)
    for name in (
        "episodes",
        "success",
        "95 % interval",
        "steps",
        "forfeits",
        "policy\nfaults",
        "our\nfaults",
        "p95 ms",
    ):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("faults")
    for row in summarize_all(plan, trials):
        if row.env_id == "all":
            table.add_section()
        table.add_row(
            row.env_id,
            str(row.episodes),
            "-" if row.success_rate is None else f"{row.success_rate:.1%}",
            f"{row.interval[0]:.1%} - {row.interval[1]:.1%}",
            "-" if row.steps_to_success is None else f"{row.steps_to_success:.0f}",
            str(row.forfeits),
            str(row.policy_faults),
            str(row.evaluator_faults),
            "-" if row.policy_p95_ms is None else f"{row.policy_p95_ms:.0f}",
            ", ".join(f"{reason} {count}" for reason, count in row.reasons.items()),
        )
    make_table_console(on_stderr=on_stderr).print(table)


def make_table_console(*, on_stderr: bool) -> Console:
    """A console for tables that programs may read, too: outside of a terminal it is wide enough for all columns."""
    from rich.console import Console

    console = Console(stderr=on_stderr)
    console.width = max(console.width, TABLE_WIDTH) if not console.is_terminal else console.width
    return console
