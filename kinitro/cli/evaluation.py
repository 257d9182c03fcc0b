"""`kinitro evaluate`: run a policy at home with the code that evaluates it on the subnet, and show how it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import typer

from kinitro.cli.evaluation_tables import show_effects, show_summaries
from kinitro.cli.surveys import list_environments, name_target, parse_target, run_at_home
from kinitro.errors import ConfigurationError
from kinitro.output_files import check_directory, check_file, write_output, write_whole

if TYPE_CHECKING:
    from kinitro.environments import Environment
    from kinitro.environments.packs.directory import SealedPack
    from kinitro.evaluation.result_files import Provenance
    from kinitro.evaluation.survey import SurveyPlan, Trial
    from kinitro.evaluation.tracking import Tracker


def evaluate(
    target: str = typer.Argument(
        help="The URL of a policy server, or the directory of one, which is then started; or `merge` before shards."
    ),
    shards: list[Path] = typer.Argument(
        None, help="After `merge`: the result files of all shards of one evaluation, which are put together."
    ),
    environments: str = typer.Option(
        None,
        help="Evaluate on these environments or sets (`mission`, `exam`), separated by commas; by default `mission`.",
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
    pack: Path = typer.Option(
        None, help="Draw the environments on the rung sealed from this pack (`kinitro pack make`, or a revealed one)."
    ),
    sandbox: bool = typer.Option(
        False,
        "--sandbox",
        help="Run the directory as executors host policies: what would be uploaded of it, in a sandbox.",
    ),
    sensitivity: bool = typer.Option(
        False,
        "--sensitivity",
        help="Also run every episode with one factor at a time (lights, cameras, colours, ...), to find out which one "
        "breaks the policy: nine times as many episodes.",
    ),
    plot: Path = typer.Option(None, help="With --sensitivity: draw what each factor does to this SVG file."),
    report: Path = typer.Option(
        None, file_okay=False, help="Write index.html to this directory: one page with tables, intervals and films."
    ),
    track: Literal["mlflow", "wandb"] = typer.Option(
        None, help="Record the evaluation with this library, which follows its own settings; files included."
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
    from kinitro.environments.packs.directory import open_pack
    from kinitro.evaluation.survey import Journal, SurveyPlan
    from kinitro.evaluation.tracking import track as start_tracking

    if video is not None:
        check_directory(video, "--video")
    output = _Output(json, plot, report)
    output.check()
    if target == "merge" and shards:
        plan, trials, provenance = _merge(shards)
        output.check_plot(plan)
        with start_tracking(track, plan) as tracker:
            _show_and_write(plan, trials, provenance, output, tracker)
        return
    if shards:
        raise ConfigurationError(f"{str(shards[0])!r} is one argument too many: give one policy at a time.")
    policy = parse_target(target)
    if sandbox and isinstance(policy, str):
        raise ConfigurationError(f"--sandbox runs a directory, and {policy!r} is a URL: leave one of them out.")
    sealed = None if pack is None else open_pack(pack)
    plan = SurveyPlan.of(
        name_target(policy),
        list_environments(environments),
        episodes,
        seed,
        max_steps,
        shard=_parse_shard(shard),
        randomization=randomization,
        sensitivity=sensitivity,
        pack=None if sealed is None else sealed.digest,
    )
    output.check_plot(plan)
    with start_tracking(track, plan) as tracker:
        journal = Journal(results / f"evaluate-{plan.name}.jsonl", plan, fresh=fresh)
        provenance = run_at_home(
            plan,
            policy,
            journal,
            workers=workers,
            episodes_per_worker=episodes_per_worker,
            videos=video,
            traces=report is not None,
            sandbox=sandbox,
            pack=pack,
        )
        _show_and_write(plan, journal.trials, provenance, output, tracker, sealed)


class _Output(NamedTuple):
    """The files that were asked for."""

    json: Path | None
    plot: Path | None
    report: Path | None

    @property
    def uses_stdout(self) -> bool:
        return "-" in (str(self.json), str(self.plot))

    def check(self) -> None:
        """Raise ConfigurationError if something could not be written."""
        if self.report is not None:
            check_directory(self.report, "--report")
        for path, option in ((self.json, "--json"), (self.plot, "--plot")):
            if path is not None and str(path) != "-":
                check_file(path, option)

    def check_plot(self, plan: SurveyPlan) -> None:
        """Raise ConfigurationError if there is nothing to draw."""
        if self.plot is not None and not plan.header.sensitivity:
            raise ConfigurationError("--plot draws what --sensitivity measures: give both, also to every shard.")


def _parse_shard(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    index, slash, number = text.partition("/")
    if not (slash and index.isdecimal() and number.isdecimal() and len(text) < 16):
        raise ConfigurationError(f"--shard cannot be {text!r}: give I/N, such as 2/3 for the second of three parts.")
    return int(index), int(number)


def _merge(paths: Sequence[Path]) -> tuple[SurveyPlan, list[Trial], Provenance]:
    """Put the result files of shards together."""
    from kinitro.evaluation.result_comparison import merge_result_files
    from kinitro.evaluation.result_files import Provenance, read_result_file

    files = [read_result_file(path) for path in paths]
    plan, trials = merge_result_files(files)
    return plan, trials, Provenance(files[0].fingerprint, files[0].versions, files[0].revision)


def _show_and_write(
    plan: SurveyPlan,
    trials: Sequence[Trial],
    provenance: Provenance,
    output: _Output,
    tracker: Tracker | None,
    pack: SealedPack | None = None,
) -> None:
    """Print the tables and write what was asked for; raises SurveyFailed if it says nothing."""
    from kinitro.evaluation.effect_plot import draw_effects
    from kinitro.evaluation.result_files import encode_result_file
    from kinitro.evaluation.sensitivity import measure_effects
    from kinitro.evaluation.survey import check_outcomes
    from kinitro.evaluation.tracking import list_facts, list_metrics

    files = {"result.json": encode_result_file(plan, trials, provenance)}
    show_summaries(plan, trials, on_stderr=output.uses_stdout)
    if plan.header.sensitivity:
        effects = measure_effects(plan, trials)
        show_effects(effects, on_stderr=output.uses_stdout)
        files["sensitivity.svg"] = draw_effects(effects).encode()
        if output.plot is not None:
            write_output(output.plot, files["sensitivity.svg"], "--plot")
    if output.json is not None:
        write_output(output.json, files["result.json"], "--json")
    if output.report is not None:
        files["report.html"] = _make_report(plan, trials, provenance, pack)
        path = output.report / "index.html"
        write_whole(path, files["report.html"], "--report")
        typer.echo(f"The report is {path.resolve().as_uri()}", err=True)
    check_outcomes(trials)
    if tracker is not None:
        tracker.finish(list_facts(provenance), list_metrics(plan, trials), files)


def _make_report(plan: SurveyPlan, trials: Sequence[Trial], provenance: Provenance, pack: SealedPack | None) -> bytes:
    from kinitro.environments import get_spec, make
    from kinitro.environments.packs.versions import SEALED_RUNG
    from kinitro.evaluation.clips import choose_trials, film
    from kinitro.evaluation.report import build_report

    def make_one(env_id: str, **options: Any) -> Environment:
        sealed = SEALED_RUNG in get_spec(env_id).rungs
        return make(env_id, pack=pack if sealed else None, **options)

    chosen = choose_trials(plan, trials)
    if chosen:
        typer.echo(f"Filming {len(chosen)} episodes for the report.", err=True)
    return build_report(plan, trials, provenance, list(film(plan, chosen, make_one))).encode()
