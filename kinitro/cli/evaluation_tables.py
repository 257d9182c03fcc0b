"""The tables that `kinitro evaluate` and `kinitro compare` print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from kinitro.evaluation.sensitivity import FactorEffect
    from kinitro.evaluation.survey import SurveyPlan, Trial

TABLE_WIDTH = 140
"""Width of the table in characters where the output is not a terminal."""


def show_summaries(plan: SurveyPlan, trials: Sequence[Trial], *, on_stderr: bool) -> None:
    """Print a row for each environment: success rates, faults, latency."""
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


def show_effects(effects: Sequence[FactorEffect], *, on_stderr: bool) -> None:
    """Print what each factor does to the success rate, and in a sentence which ones break the policy."""
    from rich.table import Table

    from kinitro.evaluation.sensitivity import describe_effects
    from kinitro.evaluation.survey import PLACEMENT

    table = Table(title=f"sensitivity: each factor against the {PLACEMENT}, in the same episodes")
    table.add_column("what is drawn", no_wrap=True)
    for name in ("episodes", "success", "lost", "gained", "difference", "95 % interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("worse in")
    alone = effects[-1].overall
    table.add_row(PLACEMENT, str(alone.episodes), f"{alone.first_successes / max(1, alone.episodes):.1%}")
    for effect in effects:
        row = effect.overall
        if effect is effects[-1]:
            table.add_section()
        table.add_row(
            effect.group,
            str(row.episodes),
            f"{row.second_successes / max(1, row.episodes):.1%}",
            str(row.only_first),
            str(row.only_second),
            f"{100 * row.difference:+.1f}",
            f"{100 * row.interval[0]:+.1f} to {100 * row.interval[1]:+.1f}",
            f"{min(row.p_value_better, row.p_value_worse):.2g}",
            row.verdict,
            ", ".join(effect.worse_in),
        )
    console = make_table_console(on_stderr=on_stderr)
    console.print(table)
    console.print(describe_effects(effects), markup=False, highlight=False, soft_wrap=True)
