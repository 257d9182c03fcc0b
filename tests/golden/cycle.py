"""A made-up cycle with everything that can happen in one, for golden tests: equal numbers on every machine."""

from __future__ import annotations

import random

from kinitro.client.records import CycleConfig, CycleEnvironment, FrozenMiner, ResultRow, TaskOutcome
from kinitro.client.verdicts import Evidence, Verdict, VerdictRow
from kinitro.cycles.scorecard import PublicationIdentity

IDENTITY = PublicationIdentity(cycle_id=7, netuid=26, block=1000, published_at="2026-01-01T00:00:00+00:00")
EPISODES = 40
SKILLS = {0: 0.0, 1: 0.6, 2: 0.62, 3: 0.6, 4: 0.85, 5: 0.9, 6: 0.85, 9: 0.5, 12: 0.95}
"""Chance of success by uid."""
SPECIALIST, CHEAT, LAGGARD = 5, 12, 9
ENVIRONMENTS = ("metaworld/push-v3", "metaworld/reach-v3", "metaworld/drawer-close-v3")


def golden_config() -> CycleConfig:
    """Three environments, one of which random actions solve now and then."""
    return CycleConfig(
        environments=[
            CycleEnvironment(
                id=name, version="2", max_steps=500, random_success=0.36 if "drawer-close" in name else 0.0
            )
            for name in ENVIRONMENTS
        ],
        episodes=EPISODES,
        min_episodes=30,
        max_void_share=0.1,
        max_laggard_share=0.25,
        timeout_s=3600.0,
        kinitro_version="0.1.0",
    )


def golden_miners() -> list[FrozenMiner]:
    """One miner per skill, and one that is excluded."""
    taking_part = [
        FrozenMiner(
            uid=uid,
            hotkey=f"5Hotkey{uid}",
            first_block=900 - 10 * (uid == 3) + uid,
            repo=f"someone/policy-{uid}",
            revision=f"{uid:040x}",
            endpoint=f"https://policy-{uid}.example.org",
        )
        for uid in SKILLS
    ]
    left_out = FrozenMiner(
        uid=200, hotkey="5Hotkey200", first_block=None, repo=None, revision=None, endpoint=None, excluded="no policy"
    )
    return [*taking_part, left_out]


def golden_rows() -> list[ResultRow]:
    """Success with each miner's chance; episode 3 is void for one miner, and one miner was too slow."""
    draw = random.Random(20260101)
    rows: list[ResultRow] = []
    for uid, skill in SKILLS.items():
        for name in ENVIRONMENTS:
            for episode in range(EPISODES):
                chance = skill if uid != SPECIALIST or name == ENVIRONMENTS[0] else 0.1
                outcome = 1 if draw.random() < chance else 3 if draw.random() < 0.1 else 2
                if uid == 2 and episode == 3:
                    outcome = TaskOutcome.VOID
                if uid == LAGGARD and episode >= 25:
                    outcome = TaskOutcome.CANCELLED
                rows.append(_row(len(rows) + 1, uid, name, episode, outcome))
    return rows


def _row(task_id: int, uid: int, env_id: str, episode: int, outcome: int) -> ResultRow:
    played = outcome in (1, 2, 3)
    return ResultRow(
        task_id=task_id,
        uid=uid,
        env_id=env_id,
        episode=episode,
        seed=f"{episode:032x}",
        outcome=outcome,
        steps=100 + episode if played else None,
        success_step=90 if outcome == 1 else None,
        total_reward=episode / 4 if played else None,
        forfeits=0 if played else None,
        attempt=1,
        reason="policy_timeout" if outcome == 3 else None,
        executor="executor-1" if played else None,
        trace_sha256=f"{task_id:064x}" if played else None,
    )


def golden_verdicts() -> list[VerdictRow]:
    """One miner's policy does not act as what it uploaded."""
    checks: list[tuple[int, Verdict]] = [(CHEAT, "mismatch"), (CHEAT, "mismatch"), (4, "match"), (6, "error")]
    return [
        VerdictRow(
            task_id=task_id,
            cycle_id=IDENTITY.cycle_id,
            uid=uid,
            verdict=verdict,
            evidence=Evidence(compared=100, matching=100 if verdict == "match" else 3),
            finished_at=IDENTITY.published_at,
        )
        for task_id, (uid, verdict) in enumerate(checks, start=1)
    ]
