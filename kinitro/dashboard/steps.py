"""The steps of a cycle, and what is going on in it, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from kinitro.client.records import Manifest
from kinitro.client.timelines import CycleProgress, CycleSummary
from kinitro.cycles.seeds import compute_beacon_number

ACTIVE = ("open", "running", "scoring")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `status` is `done`, `now` or `next`; `at` is when it was done or will be, None if nobody noted that."""

    name: str
    status: str
    detail: str
    at: str | None = None
    took_s: float | None = None


def list_steps(summary: CycleSummary, manifest: Manifest) -> list[Step]:
    """List the steps of a cycle in their order, those to come included; of one that has stopped, up to its end."""
    return list(_list_steps(summary, manifest))


def _list_steps(summary: CycleSummary, manifest: Manifest) -> Iterator[Step]:
    active, planned = summary.state in ACTIVE, summary.participants * summary.environments * summary.episodes
    yield Step(
        "Miners frozen", "done",
        f"as they were in block {summary.block}: {summary.participants} take part, {summary.excluded} are excluded",
        summary.created_at,
    )  # fmt: skip
    yield Step(
        "Seed key committed", "done",
        f"its hash was public when block {summary.key_committed_block} was the head of the chain",
    )  # fmt: skip
    if manifest.beacon_block is not None:
        pulse = f", and round {manifest.drand.round} of drand" if manifest.drand else ""
        yield Step("Seeds drawn", "done", f"by the hash of block {manifest.beacon_block}, the beacon{pulse}")
    elif active:
        number = compute_beacon_number(summary.key_committed_block)
        yield Step("Seeds drawn", "now", f"by the hash of block {number}, the beacon, once it is final")
    if summary.tasks_created_at is not None:
        yield Step(
            "Tasks created", "done",
            f"{summary.environments} environments, {summary.episodes} episodes each for every miner",
            summary.tasks_created_at, _between(summary.created_at, summary.tasks_created_at),
        )  # fmt: skip
    elif active:
        yield Step("Tasks created", "next", f"{planned} episodes of the miners")
    if summary.scoring_at is not None:
        took_s = _between(summary.tasks_created_at, summary.scoring_at)
        yield Step("Episodes played", "done", "by the executors", summary.scoring_at, took_s)
    elif active:
        running = summary.state == "running"
        yield Step(
            "Episodes played", "now" if running else "next",
            "until the deadline at the latest" if running else "by the executors",
            summary.deadline_at if running else None,
        )  # fmt: skip
    if summary.published_at is not None:
        took_s = _between(summary.scoring_at, summary.published_at)
        yield Step("Verified, scored, published", "done", "scores and weights", summary.published_at, took_s)
    elif active:
        status = "now" if summary.state == "scoring" else "next"
        yield Step("Verified, scored, published", status, "scores and weights")
    if summary.state in ("failed", "cancelled"):
        yield Step(summary.state.capitalize(), "done", summary.reason or "for no reason given", summary.revealed_at)
    if summary.revealed_at is not None:
        yield Step("Revealed", "done", "seed key, results and traces are public", summary.revealed_at)
    elif active:
        yield Step("Revealed", "next", "seed key, results and traces become public when the cycle is over")


def explain_state(summary: CycleSummary, progress: CycleProgress) -> str:
    """Say in a sentence or two what is going on in a cycle."""
    match summary.state:
        case "open" if summary.beacon_block is None:
            number = compute_beacon_number(summary.key_committed_block)
            return (
                "The miners are frozen. The episodes are not drawn yet: their seeds depend on the hash of block "
                f"{number}, which nobody knows before it is there."
            )
        case "open":
            return "The seeds are drawn; the tasks are being written."
        case "running" if not progress.finished:
            return "Executors are about to finish the first episodes."
        case "running":
            return "Executors run the episodes. How they end is not public before the cycle is over."
        case "scoring" if progress.checks:
            return f"The episodes are played. {progress.checks} checks by verifiers are awaited before the scores."
        case "scoring":
            return "The episodes are played, and the scores are being computed."
        case "published":
            return "This cycle is over: its scores and weights are published, and everybody can check them."
        case stopped:
            return (
                f"This cycle {'failed' if stopped == 'failed' else 'was cancelled'}, so it has no scores: the weights "
                "that were published before it stay in force. Its seeds are used up, and public."
            )


def _between(begin: str | None, end: str) -> float | None:
    """Seconds from one time to another; None if the first is not known."""
    if begin is None:
        return None
    return (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
