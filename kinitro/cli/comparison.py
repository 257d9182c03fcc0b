"""`kinitro compare`: whether one policy is better than another, from the result files of `kinitro evaluate`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from kinitro.cli.evaluation_tables import make_table_console
from kinitro.errors import KinitroError
from kinitro.output_files import check_file, write_json

if TYPE_CHECKING:
    from kinitro.evaluation.result_comparison import ResultComparison
    from kinitro.evaluation.result_files import ResultFile

SHOWN_EPISODES = 20
"""Most discordant episodes that are listed; all of them are in the JSON."""


class WorsePolicy(KinitroError):
    """The second policy is worse than the first, and the command was asked to fail then."""


def compare(
    first: Path = typer.Argument(help="The result file of the first policy, as `kinitro evaluate --json` writes it."),
    second: Path = typer.Argument(help="The result file of the second policy, in the same episodes."),
    fail_if: Literal["worse"] = typer.Option(
        None, help="Exit with 1 if the second policy is significantly worse in any environment or overall."
    ),
    json: Path = typer.Option(None, help="Write everything as JSON to this file; - is standard output."),
) -> None:
    """Show whether the second policy is better than the first, with the scoring rule's own test.

    Both must have been evaluated with the same arguments on the same kind of machine.
    """
    from kinitro.evaluation.result_comparison import compare_result_files
    from kinitro.evaluation.result_files import read_result_file

    if json is not None and str(json) != "-":
        check_file(json, "--json")
    files = read_result_file(first), read_result_file(second)
    comparison = compare_result_files(*files)
    _show(files, comparison, on_stderr=str(json) == "-")
    if json is not None:
        _write(json, (first, second), files, comparison)
    if fail_if == "worse" and comparison.is_worse:
        where = [row.env_id for row in comparison.environments if row.verdict == "worse"]
        where += ["overall"] * (comparison.overall.verdict == "worse")
        raise WorsePolicy(f"The second policy is worse than the first ({', '.join(where)}).")


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
    path: Path, names: tuple[Path, Path], files: tuple[ResultFile, ResultFile], comparison: ResultComparison
) -> None:
    content = (
        {
            role: {"file": str(name), "target": file.target, "revision": file.revision}
            for role, name, file in zip(("first", "second"), names, files, strict=True)
        }
        | {"worse": comparison.is_worse}
        | asdict(comparison)
    )
    write_json(path, content, "--json")
