"""`kinitro compare`: whether one policy is better than another, from result files or by evaluating both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from kinitro.cli.evaluation_tables import make_table_console
from kinitro.cli.surveys import list_environments, name_target, parse_target, run_at_home
from kinitro.errors import ConfigurationError, KinitroError
from kinitro.output_files import check_file, write_json

if TYPE_CHECKING:
    from kinitro.evaluation.result_comparison import ResultComparison
    from kinitro.evaluation.result_files import ResultFile
    from kinitro.evaluation.survey import Journal, SurveyPlan

SHOWN_EPISODES = 20
"""Most discordant episodes that are listed; all of them are in the JSON."""


class WorsePolicy(KinitroError):
    """The second policy is worse than the first, and the command was asked to fail then."""


def compare(
    first: str = typer.Argument(
        help="The result file of the first policy, as `kinitro evaluate --json` writes it; or its URL or directory."
    ),
    second: str = typer.Argument(help="The same of the second policy."),
    fail_if: Literal["worse"] = typer.Option(
        None, help="Exit with 1 if the second policy is significantly worse in any environment or overall."
    ),
    json: Path = typer.Option(None, help="Write everything as JSON to this file; - is standard output."),
    episodes: int = typer.Option(
        None, min=1, max=100_000, help="For URLs and directories: evaluate both in this many episodes per environment."
    ),
    environments: str = typer.Option(
        None, help="For URLs and directories: environments or sets, separated by commas; by default `mission`."
    ),
    seed: int = typer.Option(0, min=0, help="For URLs and directories: draw the episodes of both from this seed."),
    max_steps: int = typer.Option(None, min=1, help="For URLs and directories: end episodes after this many steps."),
    randomization: Literal["none", "standard", "hard"] = typer.Option(
        "standard", help="For URLs and directories: vary physics and appearance this much."
    ),
    workers: int = typer.Option(None, min=1, max=1024, help="Run in this many processes; by default one per core."),
    episodes_per_worker: int = typer.Option(
        24, min=1, max=1024, help="Run this many episodes at once in each process."
    ),
    results: Path = typer.Option(Path("results"), file_okay=False, help="Keep an interrupted run in this directory."),
    fresh: bool = typer.Option(False, help="Do not continue an interrupted run, because a policy has changed."),
) -> None:
    """Show whether the second policy is better than the first, with the scoring rule's own test.

    Result files must be of evaluations with the same arguments on the same kind of machine. Policies are evaluated
    first, one after the other in the same episodes; the same command continues an interrupted run.
    """
    from kinitro.evaluation.result_comparison import compare_result_files
    from kinitro.evaluation.result_files import read_result_file
    from kinitro.evaluation.survey import Journal, SurveyPlan

    if json is not None and str(json) != "-":
        check_file(json, "--json")
    names = first, second
    journals: list[Journal] = []
    if _are_policies(names, episodes):
        plans = [
            SurveyPlan.of(
                name_target(parse_target(name)),
                list_environments(environments),
                episodes,
                seed,
                max_steps,
                randomization=randomization,
            )
            for name in names
        ]
        if plans[0] == plans[1]:
            raise ConfigurationError(f"{first!r} and {second!r} are the same policy: name two.")
        journals = [Journal(results / f"compare-{plan.name}.jsonl", plan, fresh=fresh, complete=True) for plan in plans]
        files = _evaluate_both(names, plans, journals, workers, episodes_per_worker)
    else:
        files = read_result_file(Path(first)), read_result_file(Path(second))
    comparison = compare_result_files(*files)
    _show(files, comparison, on_stderr=str(json) == "-")
    if json is not None:
        _write(json, names, files, comparison)
    for journal in journals:
        journal.path.unlink(missing_ok=True)
    if fail_if == "worse" and comparison.is_worse:
        where = [row.env_id for row in comparison.environments if row.verdict == "worse"]
        where += ["overall"] * (comparison.overall.verdict == "worse")
        raise WorsePolicy(f"The second policy is worse than the first ({', '.join(where)}).")


def _are_policies(names: tuple[str, str], episodes: int | None) -> bool:
    """Whether both are policies that must be evaluated, and not files; raises ConfigurationError."""
    policies = [name for name in names if "://" in name or Path(name).expanduser().is_dir()]
    if len(policies) == 1:
        raise ConfigurationError(
            f"{policies[0]!r} is a policy and the other is a file: give two result files, or two URLs or directories."
        )
    if policies and episodes is None:
        raise ConfigurationError(f"{policies[0]!r} is a policy: give --episodes N, and both are evaluated.")
    if not policies and episodes is not None:
        raise ConfigurationError("--episodes is for two URLs or directories; the episodes of result files are theirs.")
    return bool(policies)


def _evaluate_both(
    names: tuple[str, str],
    plans: Sequence[SurveyPlan],
    journals: Sequence[Journal],
    workers: int | None,
    episodes_per_worker: int,
) -> tuple[ResultFile, ResultFile]:
    """Evaluate one policy after the other; raises UnavailableError, SurveyFailed."""
    from kinitro.evaluation.result_files import make_result_file
    from kinitro.evaluation.survey import check_outcomes

    files = []
    try:
        for name, plan, journal in zip(names, plans, journals, strict=True):
            typer.echo(f"Evaluating {plan.header.target}.", err=True)
            provenance = run_at_home(
                plan, parse_target(name), journal, workers=workers, episodes_per_worker=episodes_per_worker
            )
            check_outcomes(journal.trials)
            files.append(make_result_file(plan, journal.trials, provenance))
    finally:
        for journal in journals:
            journal.close()
    return files[0], files[1]


def _show(files: tuple[ResultFile, ResultFile], comparison: ResultComparison, *, on_stderr: bool) -> None:
    from rich.table import Table

    names = "\n".join(f"{role}: {_name(file)}" for role, file in zip(("first", "second"), files, strict=True))
    table = Table(title=names, title_justify="left")
    table.add_column("environment", no_wrap=True)
    for name in ("episodes", "first", "second", "only\nfirst", "only\nsecond", "difference", "95 % interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("the second is", no_wrap=True)
    for row in (*comparison.environments, comparison.overall):
        if row is comparison.overall:
            table.add_section()
        table.add_row(
            row.env_id,
            str(row.episodes),
            f"{row.first_successes / max(1, row.episodes):.1%}",
            f"{row.second_successes / max(1, row.episodes):.1%}",
            str(row.only_first),
            str(row.only_second),
            f"{100 * row.difference:+.1f}",
            f"{100 * row.interval[0]:+.1f} to {100 * row.interval[1]:+.1f}",
            f"{min(row.p_value_better, row.p_value_worse):.2g}",
            row.verdict,
        )
    console = make_table_console(on_stderr=on_stderr)
    console.print(table)
    lines = [
        f"{one.env_id}, episode {one.episode}, seed {one.seed}: only the {one.solved_by} solved it."
        for one in comparison.discordant[:SHOWN_EPISODES]
    ]
    if (more := len(comparison.discordant) - SHOWN_EPISODES) > 0:
        lines.append(f"{more} more episodes were solved by one policy alone: --json FILE lists them.")
    if comparison.left_out:
        lines.append(f"{comparison.left_out} episodes are not counted, because a machine failed in them.")
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _name(file: ResultFile) -> str:
    return file.target if file.revision is None else f"{file.target} at {file.revision}"


def _write(
    path: Path, names: tuple[str, str], files: tuple[ResultFile, ResultFile], comparison: ResultComparison
) -> None:
    content = (
        {
            role: {"file": name, "target": file.target, "revision": file.revision}
            for role, name, file in zip(("first", "second"), names, files, strict=True)
        }
        | {"worse": comparison.is_worse}
        | asdict(comparison)
    )
    write_json(path, content, "--json")
