"""`kinitro explain` asks a real API, which reads a real publication, why a miner earns what it earns."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import numpy as np
import psycopg
import pytest
from psycopg.types.json import Jsonb

from kinitro.client.errors import ApiNotFound
from kinitro.client.http import ApiClient
from kinitro.cycles.explanations import Explanation
from kinitro.database.schema import upgrade
from kinitro.scoring import MinerExplanation, explain_cycle, score_cycle
from tests.fakes.served_api import served_api

ENVIRONMENTS = ["metaworld/reach-v3", "metaworld/push-v3"]


def explanations() -> dict[int, MinerExplanation]:
    """A generalist (uid 7), its copy (8) and one that can do nothing (9)."""
    outcomes = np.zeros((3, 2, 20), dtype=bool)
    outcomes[:2, :, :15] = True
    reference = np.zeros((2, 20), dtype=bool)
    reference[:, :5] = True
    return explain_cycle(score_cycle(outcomes, [100, 200, 50], uids=[7, 8, 9], reference=reference), ENVIRONMENTS)


def publish(url: str) -> None:
    """Cycle 1 with the three miners, and uid 4, excluded with a hostile reason."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into cycle (state, netuid, network, config, block, block_hash, seed_key, key_hash,"
            " key_committed_block, deadline_at) values ('published', 1, 'test', '{}', 5, '', '', '', 5, now())"
        )
        for uid, excluded in ((7, None), (8, None), (9, None), (4, "endpoint refused: <script>\x1b[31m")):
            connection.execute(
                "insert into cycle_miner (cycle_id, uid, hotkey, first_block, excluded) values (1, %s, %s, 1, %s)",
                (uid, f"hotkey{uid}", excluded),
            )
        found = {str(uid): asdict(explanation) for uid, explanation in explanations().items()}
        for part in (found["8"], *found["8"]["environments"]):
            del part["reference"]  # as it was written before there were references
        connection.execute(
            "insert into publication (cycle_id, netuid, block, scores, weights, explanations)"
            " values (1, 1, 5, '{}', '{}', %s)",
            (Jsonb(found),),
        )


@pytest.fixture
async def api_url(empty_database: str) -> AsyncIterator[str]:
    await asyncio.to_thread(upgrade, empty_database)
    await asyncio.to_thread(publish, empty_database)
    async with served_api(empty_database) as url:
        yield url


async def run_explain(*arguments: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinitro", "explain", *(str(argument) for argument in arguments)]
    return await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"}
    )


async def test_explain_shows_what_was_published(api_url: str) -> None:
    copy = await run_explain("--uid", 8, "--api-url", api_url)
    assert copy.returncode == 0, copy.stderr
    assert "Cycle 1, miner 8 (hotkey8)" in copy.stdout
    assert "It leads 2 of the 2 environments" in copy.stdout
    assert "uid 7" in copy.stdout
    assert "metaworld/push-v3" in copy.stdout
    assert "reference" not in copy.stdout
    original = await run_explain("--uid", 7, "--api-url", api_url)
    assert (
        "It beats the reference overall: 20 episodes that only it solved, 0 that only the reference did"
        in original.stdout
    )
    as_json = await run_explain("--uid", 7, "--cycle", 1, "--api-url", api_url, "--json")
    answer = json.loads(as_json.stdout)
    assert answer["explanation"] == json.loads(json.dumps(asdict(explanations()[7])))
    assert answer["explanation"]["weight"] == 1.0


async def test_what_cannot_be_explained_is_said_in_a_sentence(api_url: str) -> None:
    async with ApiClient(api_url, tries=1) as api:
        for path, reason in (
            ("/v1/scores/9/miners/7", "Cycle 9 has not published scores"),
            ("/v1/scores/1/miners/55", "Cycle 1 had no miner with uid 55"),
            ("/v1/scores/latest/miners/4", "Miner 4 took no part in cycle 1: endpoint refused"),
        ):
            with pytest.raises(ApiNotFound, match=reason):
                await api.get(path, Explanation)
    excluded = await run_explain("--uid", 4, "--api-url", api_url)
    assert excluded.returncode == 1
    assert "Traceback" not in excluded.stderr
    assert "\x1b" not in excluded.stderr


async def test_an_api_that_is_away_is_one_sentence() -> None:
    done = await run_explain("--uid", 1, "--api-url", "http://127.0.0.1:9")
    assert done.returncode == 3
    assert "is the API running there?" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_rule_on_made_up_miners() -> None:
    def shown(*arguments: str) -> str:
        command = [sys.executable, "-m", "kinitro", "test-scoring", "--n-miners", "9", "--n-envs", "4", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    story = shown("--episodes-per-env", "200")
    assert story == shown("--episodes-per-env", "200"), "the same seed must show the same miners"
    assert "3 10 points better: It leads" in story
    assert "5 squatter at 0 %: It takes part on none" in story
    assert "By size of subset" in shown("--uid", "3")
