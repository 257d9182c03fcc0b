"""Commands that explain scores and show the scoring rule."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from kinitro.cycles.explanations import Explanation
    from kinitro.scoring import CycleScores, MinerExplanation, ReferenceStanding


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("explain")(explain)
    app.command("test-scoring")(show_scoring)


def explain(
    uid: int = typer.Option(..., min=0, help="Explain this miner."),
    cycle: int | None = typer.Option(None, min=0, help="Explain this published cycle; by default the last one."),
    api_url: str = typer.Option(
        "http://127.0.0.1:8000", envvar="KINITRO_API_URL", help="Read scores from the API at this address."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the API's answer as JSON."),
) -> None:
    """Show why a miner earns what it earns, and what it would need to earn more."""
    from kinitro.client.http import ApiClient
    from kinitro.cycles.explanations import Explanation

    async def fetch() -> Explanation:
        async with ApiClient(api_url, tries=1) as api:
            return await api.get(f"/v1/scores/{'latest' if cycle is None else cycle}/miners/{uid}", Explanation)

    answer = asyncio.run(fetch())
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
        return
    typer.echo(f"Cycle {answer.cycle_id}, miner {uid} ({_plain(answer.hotkey)})")
    _print_explanation(answer.explanation)


def show_scoring(
    n_miners: int = typer.Option(
        8, min=1, max=2000, help="Make up this many miners: first one of each kind, then random ones."
    ),
    n_envs: int = typer.Option(8, min=1, max=1000, help="Score in this many environments."),
    episodes_per_env: int = typer.Option(100, min=1, max=100_000, help="Make up this many episodes per environment."),
    seed: int = typer.Option(0, min=0, help="Draw the outcomes from this seed."),
    shared_difficulty: float = typer.Option(
        0.5,
        min=0.0,
        max=1.0,
        help="Let miners fail independently (0), or in the same episodes (1), or anything between.",
    ),
    uid: int | None = typer.Option(None, min=0, help="Explain this miner in full."),
) -> None:
    """Show the scoring rule on made-up miners: a generalist, its copies, a specialist, a squatter, ..."""
    import numpy as np

    from kinitro.errors import ConfigurationError
    from kinitro.scoring import explain_cycle, score_cycle
    from kinitro.scoring.simulation import make_up_miners, simulate_outcomes

    if uid is not None and uid >= n_miners:
        raise ConfigurationError(f"--uid cannot be {uid}: with --n-miners {n_miners} give 0 to {n_miners - 1}.")
    rng = np.random.default_rng(seed)
    miners = make_up_miners(n_miners, n_envs, rng)
    outcomes = simulate_outcomes([miner.success_rates for miner in miners], episodes_per_env, shared_difficulty, rng)
    for index, miner in enumerate(miners):
        if miner.copy_of is not None:
            outcomes[index] = outcomes[miner.copy_of]
    scores = score_cycle(outcomes, [miner.first_block for miner in miners])
    explanations = explain_cycle(scores, [f"environment {n}" for n in range(n_envs)])
    _print(_miners_table(scores, [miner.kind for miner in miners]))
    if uid is not None:
        _print_explanation(explanations[uid])
        return
    for index, miner in enumerate(miners[:8]):
        typer.echo(f"{index} {miner.kind}: {explanations[index].summary}")


def _miners_table(scores: CycleScores, kinds: list[str]) -> Table:
    from kinitro.scoring import to_u16

    table = _table(
        f"{len(kinds)} miners, {len(scores.episodes)} environments, {scores.episodes[0]} episodes each",
        "uid", "kind", "first block", "mean success", "leads", "subsets won", "points", "weight", "u16",
    )  # fmt: skip
    stored = to_u16(scores.weights)
    order = sorted(range(len(kinds)), key=lambda miner: (-scores.weights[miner], -scores.success_rates[miner].mean()))
    for miner in order[:40]:
        table.add_row(
            str(miner), kinds[miner], str(scores.first_blocks[miner]), f"{scores.success_rates[miner].mean():.1%}",
            str(scores.leaders[miner].sum()), f"{sum(scores.subsets[miner][1:]):,}",
            f"{scores.exact_points[miner]:,}", f"{scores.weights[miner]:.4f}", str(stored[miner]),
        )  # fmt: skip
    if len(order) > 40:
        table.caption = f"and {len(order) - 40} more"
    return table


def _print_explanation(explanation: MinerExplanation) -> None:
    share = explanation.points / explanation.all_points if explanation.all_points else 0.0
    about = " (estimated)" if explanation.estimated else ""
    typer.echo(
        f"Weight {explanation.weight:.4f}, {explanation.points:,} of {explanation.all_points:,} points{about} "
        f"({share:.1%}), first block {explanation.first_block}, "
        + (f"priority {explanation.priority}" if explanation.priority else "no priority")
    )
    typer.echo(_plain(explanation.summary))
    if explanation.reference is not None:
        typer.echo(_describe_reference(explanation.reference))
    _print(_environments_table(explanation))
    if explanation.subsets:
        _print(_subsets_table(explanation))
    if explanation.rivals:
        _print(_rivals_table(explanation))


def _describe_reference(found: ReferenceStanding) -> str:
    """Say in one sentence how the miner stands against the reference overall."""
    beaten = "It beats the reference overall" if found.beaten else "It does not beat the reference overall"
    counts = f"{found.only_miner} episodes that only it solved, {found.only_reference} that only the reference did"
    needed = "" if found.needed_to_beat in (0, None) else f"; {found.needed_to_beat} more would do"
    return f"{beaten}: {counts}, p {found.p_value:.2g} (below {found.level:.2g} is no noise){needed}."


def _environments_table(explanation: MinerExplanation) -> Table:
    level = explanation.environments[0].level if explanation.environments else 0.0
    table = _table(
        "By environment",
        "environment", "solved", "95 % interval", "rank", "leads", "best", "only best / only it", "p", "to lead",
        caption=f"The best is significantly better where p is below {level:.2g}. "
        "To lead: further episodes it would have to solve.",
    )  # fmt: skip
    for row in explanation.environments:
        best = "nobody" if row.best_uid is None else f"{row.best_uid} ({row.best_successes})"
        table.add_row(
            _plain(row.env_id), f"{row.successes} of {row.episodes}",
            f"{row.interval[0]:.0%} to {row.interval[1]:.0%}", str(row.rank), _leads(row.leader, row.eligible),
            best, f"{row.only_best} / {row.only_miner}", "" if row.p_value is None else f"{row.p_value:.2g}",
            "too few episodes" if row.needed_to_lead is None else str(row.needed_to_lead),
        )  # fmt: skip
    return table


def _leads(leader: bool, eligible: bool) -> str:
    if leader:
        return "yes"
    return "no" if eligible else "not above floor or reference"


def _subsets_table(explanation: MinerExplanation) -> Table:
    table = _table("By size of subset", "environments", "subsets it leads", "of those won", "points")
    for row in explanation.subsets:
        table.add_row(str(row.size), f"{row.led:,}", f"{row.won:,}", f"{row.points:,}")
    return table


def _rivals_table(explanation: MinerExplanation) -> Table:
    timed = any(row.speed for row in explanation.rivals)
    table = _table(
        "Who wins ties against it, and what beating them overall takes",
        "uid", "environments both lead", "subsets taken", "only it / only rival", "p", "level", "to overtake",
        *(("faster / slower", "p of speed") if timed else ()),
    )  # fmt: skip
    for row in explanation.rivals:
        table.add_row(
            str(row.uid), str(row.shared_environments),
            f"{row.subsets_taken:,}",
            f"{row.only_miner} / {row.only_rival}", f"{row.p_value:.2g}", f"{row.level:.2g}",
            "too few episodes" if row.needed_to_overtake is None else f"{row.needed_to_overtake} more",
            *((f"{row.speed.faster} / {row.speed.slower}", f"{row.speed.p_value:.2g}") if row.speed else ()),
        )  # fmt: skip
    return table


def _table(title: str, *columns: str, caption: str | None = None) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(title=title, caption=caption, title_justify="left", caption_justify="left", box=box.SIMPLE)
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right")
    return table


def _print(table: Table) -> None:
    """Print in full width where the output is not a terminal, so that nothing is cut in a file or a pipe."""
    from rich.console import Console

    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def _plain(text: str) -> str:
    """Replace the control characters in text of others, which a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
