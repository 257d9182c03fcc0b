"""What the pages of episodes, miners and environments show beside the scores: results, past cycles, films."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, TypeVar

from kinitro.client.verdicts import VerdictRow
from kinitro.cycles.explanations import Explanation
from kinitro.dashboard.films import Films, FilmUnavailable
from kinitro.dashboard.plots import plot_actions
from kinitro.database.episodes import LATENCY_CLASSES_MS, EpisodeStore
from kinitro.database.queries import Row
from kinitro.environments import EnvironmentSpec, get_spec
from kinitro.environments.packs.versions import SEALED_RUNG
from kinitro.environments.spec import RUNG_MARK
from kinitro.evaluation.errors import InvalidTrace
from kinitro.evaluation.fault_attribution import SIMULATION_FAILED, UNREACHABLE
from kinitro.evaluation.outcomes import Trace
from kinitro.evaluation.traces import count_steps, decode
from kinitro.policies.errors import Reason
from kinitro.scoring import MinerExplanation

T = TypeVar("T")
KEPT: Final = 64
"""Answers that are kept: what cycles that are over had does not change."""
HARDEST: Final = 6
"""Seeds that an environment's page shows."""
REASONS: Final = {
    Reason.TIMEOUT: "the policy took longer than allowed",
    Reason.DISCONNECTED: "the policy closed the connection",
    Reason.HTTP_STATUS: "the policy answered with an error",
    Reason.ACTION_SHAPE: "the action had the wrong number of numbers",
    Reason.ACTION_NOT_FINITE: "the action had numbers that are not finite",
    Reason.CONNECTION_REFUSED: "the policy could not be reached",
    Reason.CONNECTION_TIMEOUT: "the policy could not be reached in time",
    SIMULATION_FAILED: "its actions made the simulation fail",
}
"""Words for the most frequent reasons; the others are shown by their codes."""
KNOWN_REASONS: Final = (
    *(reason.value for reason in Reason),
    *(f"{UNREACHABLE}:{reason.value}" for reason in Reason),
    *(SIMULATION_FAILED, "lease_expired"),
)
VERDICTS: Final = 12
"""Verifications that a miner's page shows."""


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """An episode as its page shows it."""

    row: Row
    trace: Trace | None
    steps: int
    plot: list[str]
    """The lines of the action's numbers, see `plot_actions`."""
    problem: str
    """Why there is neither plot nor video; empty if there are."""

    @property
    def verdict(self) -> str:
        """What became of it, as a sentence."""
        row = self.row
        if row.outcome is None:
            return "It was not played to its end."
        if row.outcome == "success":
            return f"Solved at step {row.success_step}."
        why = f" ({explain_reason(row.reason)})" if row.reason else ""
        return {
            "failure": f"Not solved{why}.",
            "policy_fault": f"Ended by a fault of the policy{why}: it counts as not solved.",
            "void": f"It does not count, for any miner{why}.",
        }.get(row.outcome, f"It could not be evaluated{why}.")

    @property
    def reward(self) -> str:
        """The total reward; a dash where there is none that could be read."""
        total = self.row.total_reward
        return f"{total:.2f}" if total is not None and math.isfinite(total) else "–"


class Episodes:
    """Reads what pages show of single episodes; answers about cycles that are over are kept."""

    def __init__(self, store: EpisodeStore, films: Films) -> None:
        self._store, self._films = store, films
        self._kept: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self._lock = asyncio.Lock()

    async def view(self, task_id: int) -> EpisodeView:
        """Return one episode. Raises UnknownCycle, NotRevealed."""
        row = await self._store.find(task_id)
        if row.trace is None:
            gone = "It has no trace: it was never played to its end, or retention dropped its trace."
            return EpisodeView(row, None, row.steps or 0, [], gone)
        try:
            trace = decode(bytes(row.trace))
        except InvalidTrace as error:
            return EpisodeView(row, None, row.steps or 0, [], f"Its trace cannot be read: {error}")
        return EpisodeView(row, trace, count_steps(trace), plot_actions(trace), "")

    async def film(self, task_id: int, suffix: str) -> Path:
        """Return the video or the last image of an episode. Raises UnknownCycle, NotRevealed, FilmUnavailable."""
        row = await self._store.find(task_id)
        if row.trace is None:
            raise FilmUnavailable("This episode has no trace any more, so that it cannot be filmed.")
        pack = None
        if row.pack is not None and SEALED_RUNG in row.env_id.split(RUNG_MARK):
            pack = await self._store.pack(row.pack)
            if pack is None:
                raise FilmUnavailable("The sealed pack of this episode was dropped by retention.")
        return await self._films.film_trace(bytes(row.trace), suffix, pack)

    async def film_expert(self, env_id: str, suffix: str) -> Path:
        """Return an expert's video, or its first image. Raises UnknownEnvironment, FilmUnavailable."""
        spec = without_pack(get_spec(env_id))
        return await self._films.film_expert(spec.id, spec.version, suffix)

    async def failures(self, uid: int, cycle_id: int) -> list[Row]:
        """Return the first failed episodes of a miner in a cycle that is over."""
        found = await self._keep(("failures", cycle_id), lambda: self._store.failures(cycle_id))
        return found.get(uid, [])

    async def faults(self, uid: int, cycle_id: int) -> list[Row]:
        """Return what ended episodes of a miner, the most frequent first: outcome, reason, episodes."""
        found = await self._keep(("faults", cycle_id), lambda: self._store.faults(cycle_id, KNOWN_REASONS))
        return found.get(uid, [])

    async def verdicts(self, uid: int, newest: int) -> list[VerdictRow]:
        """Return the newest public verdicts of verifications of a miner."""
        return (await self._keep(("verdicts", uid, newest), lambda: self._store.verdicts(uid)))[:VERDICTS]

    async def latencies(self, uid: int, cycle_id: int) -> list[tuple[str, int]]:
        """Return the classes of the policy's answering times with their numbers of episodes; empty without any."""
        found = await self._keep(("latencies", cycle_id), lambda: self._store.latencies(cycle_id))
        names = [f"below {LATENCY_CLASSES_MS[0]:g} ms"]
        names += [f"{low:g} to {high:g} ms" for low, high in pairwise(LATENCY_CLASSES_MS)]
        names.append(f"{LATENCY_CLASSES_MS[-1]:g} ms and more")
        return list(zip(names, found[uid], strict=True)) if uid in found else []

    async def hardest(self, env: int, cycle_id: int) -> list[Row]:
        """Return the episodes of an environment (by its number in the cycle) that the fewest miners solved."""
        found = await self._keep(("seeds", cycle_id), lambda: self._store.seeds(cycle_id))
        return found.get(env, [])[:HARDEST]

    async def history(self, uid: int, newest: int) -> list[tuple[int, MinerExplanation]]:
        """Return cycle and explanation of the newest published cycles in which a miner took part, the newest first."""
        rows = await self._keep(("history", uid, newest), lambda: self._store.history(uid))
        return [
            (
                row.cycle_id,
                Explanation.model_validate(
                    {"cycle_id": row.cycle_id, "hotkey": "-", "explanation": row.explanation}
                ).explanation,
            )
            for row in rows
            if row.explanation is not None
        ]

    async def trend(self, env_id: str, newest: int) -> list[Row]:
        """Return the best and middle success on an environment in the newest published cycles, the oldest first."""
        return await self._keep(("trend", env_id, newest), lambda: self._store.trend(env_id))

    async def _keep(self, key: tuple[Any, ...], read: Callable[[], Awaitable[T]]) -> T:
        """Return what was read before, or read it; one reads at a time, however many ask."""
        if key not in self._kept:
            async with self._lock:
                if key not in self._kept:
                    self._kept[key] = await read()
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
        found: T = self._kept[key]
        return found


def explain_reason(code: str) -> str:
    """Say in words why something ended, or give the code."""
    return REASONS.get(code, REASONS.get(code.removeprefix(f"{UNREACHABLE}:"), code))


def without_pack(spec: EnvironmentSpec) -> EnvironmentSpec:
    """Return the environment without the rung whose draws nobody may see yet."""
    if SEALED_RUNG not in spec.rungs:
        return spec
    return get_spec(RUNG_MARK.join((spec.base_id, *(rung for rung in spec.rungs if rung != SEALED_RUNG))))
