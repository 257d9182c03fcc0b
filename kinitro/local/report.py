"""The tables that the demo ends with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table

from kinitro.client.messages import EnvironmentScore, Scores
from kinitro.local.miners import DemoMiner


@dataclass(frozen=True, slots=True)
class Standing:
    """Published scores beside the weights found on the chain (uid -> u16), and what the miners are called."""

    scores: Scores
    on_chain: Mapping[int, int]
    names: Mapping[int, str]

    def chain_share(self, uid: int) -> float:
        """A miner's share of the weights on the chain."""
        total = sum(self.on_chain.values())
        return self.on_chain.get(uid, 0) / total if total else 0.0


def make_leaderboard_table(standing: Standing) -> Table:
    """Make the table of success per miner and environment, with Wilson 95 % intervals; leaders are marked."""
    title = "Success (95 % interval); * leads the environment"
    table = Table("miner", title=title, title_justify="left")
    for env_id in standing.scores.environments:
        table.add_column(env_id.partition("/")[2], justify="right")
    for miner in standing.scores.miners:
        by_id = {score.env_id: score for score in miner.environments}
        cells = [_format_cell(by_id[env_id]) for env_id in standing.scores.environments]
        table.add_row(standing.names.get(miner.uid, miner.hotkey), *cells)
    return table


def _format_cell(score: EnvironmentScore) -> str:
    low, high = score.interval
    text = f"{score.successes}/{score.episodes} ({low:.0%}-{high:.0%})"
    return f"[bold green]{text} *[/bold green]" if score.leader else text


def make_earnings_table(standing: Standing, miners: Mapping[int, DemoMiner]) -> Table:
    """Make the table of points, published weight, and the weight read back from the chain."""
    table = Table("miner", title="Earnings", title_justify="left")
    for heading in ("uid", "first block", "points", "weight", "on chain"):
        table.add_column(heading, justify="right")
    table.add_column("what it is")
    for miner in standing.scores.miners:
        share = standing.chain_share(miner.uid)
        table.add_row(
            standing.names.get(miner.uid, miner.hotkey),
            str(miner.uid),
            str(miner.first_block),
            f"{miner.points:g}",
            f"{miner.weight:.3f}",
            f"[bold green]{share:.3f}[/bold green]" if share else "0",
            miners[miner.uid].description if miner.uid in miners else "",
        )
    return table
