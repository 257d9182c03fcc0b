"""A verifier that decides verdicts by a rule instead of running policies; it speaks to a real database."""

from __future__ import annotations

from collections.abc import Collection

from kinitro.client.verdicts import Evidence, VerificationReport
from kinitro.database.verifications import Verifications


async def verify(store: Verifications, executor_id: int, physics: str, *, cheats: Collection[int] = ()) -> int:
    """Give every recording a verdict; returns how many. One of ten actions of a cheat is the committed policy's."""
    done = 0
    while (task := await store.claim(executor_id, physics)) is not None:
        matching = 1 if task.uid in cheats else 10
        evidence = Evidence(
            compared=10,
            matching=matching,
            tolerance=task.rule.tolerance,
            required_share=task.rule.required_share,
            repo=task.repo,
            revision=task.revision,
        )
        verdict = "match" if task.rule.agrees(10, matching) else "mismatch"
        report = VerificationReport(task_id=task.task_id, lease_id=task.lease_id, verdict=verdict, evidence=evidence)
        assert await store.report(executor_id, report) == "accepted"
        done += 1
    return done
