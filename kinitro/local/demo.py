"""`kinitro demo`: a whole subnet, watched until its cycles are published and the weights are on the chain."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import TimeRemainingColumn as Eta

from kinitro.client.errors import ApiNotFound, ApiUnavailable
from kinitro.client.http import ApiClient
from kinitro.client.messages import Scores, Weights
from kinitro.client.records import Manifest, ResultPage, ResultRow
from kinitro.errors import UnavailableError
from kinitro.files import replace_file
from kinitro.local.report import Standing, make_earnings_table, make_leaderboard_table
from kinitro.local.subnet import Subnet, SubnetOptions, run_subnet
from kinitro.logs import get_logger
from kinitro.stopping import cancel_on_signals

POLL_S = 0.5
CHAIN_PRECISION = 1e-3
"""Two shares that differ by less are the same weight, rounded."""
CHAIN_DEADLINE_S = 90.0
"""How long after the last publication the validator may take to set it."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """The result of the last cycle; `on_chain` are the weights read back from the chain, uid -> u16."""

    scores: Scores
    weights: Weights
    on_chain: Mapping[int, int]


async def run_demo(options: SubnetOptions, console: Console, *, keep_running: bool) -> DemoResult:
    """Run `options.cycles` cycles and show them; with `keep_running` stay until interrupted.

    Writes manifest, results (a row per episode), scores, weights and chain_weights as JSON to `options.directory`.
    Raises ConfigurationError, UnavailableError; SIGTERM and Ctrl-C end it, see `cancel_on_signals`.
    """
    console.print(f"Starting a subnet of 5 miners in [bold]{options.directory}[/bold] ...")
    async with AsyncExitStack() as stack, cancel_on_signals():
        subnet = await stack.enter_async_context(run_subnet(options))
        api = await stack.enter_async_context(ApiClient(subnet.api_url, timeout_s=5.0))
        if subnet.hosted:
            console.print(f"The executor runs the policy of [bold]{subnet.hosted}[/bold] itself, in a sandbox.")
        console.print(f"The API listens on [bold]{subnet.api_url}[/bold] : open it to see who earns and why.")
        scores = await _watch_cycles(options, subnet, api, console)
        weights = await api.weights_at(scores.block)
        console.print("Scores are published; waiting for the validator to put the weights on the chain ...")
        on_chain = await _wait_for_chain(subnet, weights)
        result = DemoResult(scores, weights, on_chain)
        await _write_results(options, subnet, api, result)
        standing = Standing(scores, on_chain, {uid: miner.name for uid, miner in subnet.uids.items()})
        for table in (make_leaderboard_table(standing), make_earnings_table(standing, subnet.uids)):
            console.print(table)
        console.print(f"Results and logs are in [bold]{options.directory}[/bold].")
        if keep_running:
            place = options.directory / "database-url"
            replace_file(place, subnet.postgres.url.encode() + b"\n", mode=0o600)
            console.print(
                f"Still serving {subnet.api_url}; the database's address, with its password, is in {place} . "
                "Ctrl-C stops it.",
                soft_wrap=True,
            )
            while True:
                subnet.check()
                await asyncio.sleep(POLL_S)
    return result


async def _watch_cycles(options: SubnetOptions, subnet: Subnet, api: ApiClient, console: Console) -> Scores:
    """Follow the cycles on a progress bar until the last one is published."""
    columns = (
        SpinnerColumn(),
        TextColumn("cycle {task.fields[cycle]}/{task.fields[cycles]} {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        Eta(),
    )
    published: Scores | None = None
    seen: set[int] = set()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("opens", total=None, cycle=1, cycles=options.cycles)
        last_line = 0.0
        while len(seen) < options.cycles:
            subnet.check()
            await asyncio.sleep(POLL_S)
            try:
                status, stats = await api.status(), await api.task_stats()
                if status.cycle_state == "failed":
                    raise UnavailableError(f"Cycle {status.cycle_id} failed: {status.cycle_reason}")
                if status.last_published_cycle is not None and status.last_published_cycle not in seen:
                    published = await api.scores_latest()
                    seen.add(published.cycle_id)
            except (ApiUnavailable, ApiNotFound) as error:
                log.debug("api_does_not_answer_yet", error=str(error))
                continue
            shown = min(len(seen) + 1, options.cycles)
            progress.update(
                bar,
                cycle=shown,
                description=status.cycle_state or "opens",
                total=stats.total or None,
                completed=stats.finished,
            )
            if not console.is_terminal and time.monotonic() - last_line > 10:
                last_line = time.monotonic()
                console.print(f"cycle {shown}: {stats.finished}/{stats.total} episodes")
    assert published is not None  # noqa: S101 - the loop ends only after a publication
    return published


async def _wait_for_chain(subnet: Subnet, weights: Weights) -> dict[int, int]:
    """Wait until the chain has these weights; returns the validator's row, read back from the chain."""
    wanted = {uid: weight for uid, weight in weights.weights.items() if weight}
    deadline = time.monotonic() + CHAIN_DEADLINE_S
    while time.monotonic() < deadline:
        subnet.check()
        found = {uid: value for uid, value in (await subnet.weights_on_chain()).items() if value}
        total = sum(found.values())
        set_for_these = found.keys() == wanted.keys() and all(
            abs(found[uid] / total - weight) < CHAIN_PRECISION for uid, weight in wanted.items()
        )
        if found and (set_for_these or not wanted):
            return found
        await asyncio.sleep(POLL_S)
    raise UnavailableError(
        f"The validator set no weights within {CHAIN_DEADLINE_S:.0f} s; "
        f"the end of its log: {subnet.supervisor.read_log_end('validator')}"
    )


async def _write_results(options: SubnetOptions, subnet: Subnet, api: ApiClient, result: DemoResult) -> None:
    directory, cycle = options.directory, result.scores.cycle_id
    manifest = await api.get(f"/v1/cycles/{cycle}/manifest", Manifest)
    results: list[ResultRow] = []
    after: int | None = 0
    while after is not None:
        page = await api.get(f"/v1/cycles/{cycle}/results", ResultPage, {"after": after})
        results += page.results
        after = page.next_after
    rows = ",\n".join(row.model_dump_json() for row in results)
    names = {uid: miner.name for uid, miner in subnet.uids.items()}
    for name, text in {
        "manifest": manifest.model_dump_json(indent=2),
        "results": f"[\n{rows}\n]",
        "scores": result.scores.model_dump_json(indent=2),
        "weights": result.weights.model_dump_json(indent=2),
        "chain_weights": json.dumps(dict(result.on_chain), indent=2),
        "names": json.dumps(names, indent=2),
    }.items():
        replace_file(directory / f"{name}.json", f"{text}\n".encode())
