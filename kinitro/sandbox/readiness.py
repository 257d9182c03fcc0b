"""Waiting until a sandboxed policy answers /health."""

from __future__ import annotations

import asyncio
from collections import deque
from pathlib import Path

from kinitro.policies.client import HttpPolicy
from kinitro.policies.errors import PolicyError, PolicyFailed
from kinitro.sandbox.errors import PolicyDidNotStart, PolicyKilled
from kinitro.sandbox.interface import Ending, SandboxedPolicy

RETRY_S = 0.02
"""Pause between two calls of /health while the policy loads."""


async def wait_until_healthy(policy: SandboxedPolicy, start_s: float) -> None:
    """Return when /health answers 200.

    Raises PolicyDidNotStart if it does not within `start_s` or if the policy ends, PolicyKilled if something outside
    ended it.
    """
    problems: deque[PolicyError] = deque(maxlen=1)
    healthy = asyncio.create_task(_poll_health(policy.socket, problems))
    ended = asyncio.create_task(policy.wait(start_s))
    try:
        await asyncio.wait((healthy, ended), return_when=asyncio.FIRST_COMPLETED)
        if healthy.done():
            return healthy.result()
        if ending := ended.result():
            raise explain_failed_start(ending)
        why = problems[0] if problems else "It did not answer."
        raise PolicyDidNotStart(f"The policy was not ready within {start_s:g} s. {why}")
    finally:
        for task in (healthy, ended):
            task.cancel()
        await asyncio.gather(healthy, ended, return_exceptions=True)


async def _poll_health(socket: Path, problems: deque[PolicyError]) -> None:
    """Call /health until it answers 200, and keep the last problem in `problems`. Raises PolicyDidNotStart."""
    client = HttpPolicy("http://policy", unix_socket=socket)
    try:
        while True:
            try:
                await client.health()
                return
            except PolicyFailed as failure:
                raise PolicyDidNotStart(str(failure)) from None
            except PolicyError as problem:
                problems.append(problem)
                await asyncio.sleep(RETRY_S)
    finally:
        await client.close()


def explain_failed_start(ending: Ending) -> PolicyDidNotStart | PolicyKilled:
    """Return the error for a policy that ended before it was ready."""
    if ending.is_ours:
        return PolicyKilled(f"The sandbox was ended from outside before the policy was ready ({ending}).")
    return PolicyDidNotStart(f"The policy ended before it was ready: {ending}.")
