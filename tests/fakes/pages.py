"""A small published subnet whose miners are hostile, and the rules that all pages keep."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import httpx2
import numpy as np
import psycopg
from psycopg.types.json import Jsonb

from kinitro.client.records import (
    REFERENCE_UID,
    CycleConfig,
    CycleEnvironment,
    FrozenMiner,
    ReferencePolicy,
    ResultRow,
)
from kinitro.cycles.scorecard import PublicationIdentity, score
from kinitro.scoring.simulation import simulate_outcomes

ENVIRONMENTS = ["metaworld/reach-v3", "metaworld/push-v3", "metaworld/drawer-close-v3"]
HOSTILE = "<script>alert(1)</script>\" onmouseover='x' {{ 7 * 7 }}"
EPISODES = 40


def publish(url: str) -> None:
    """A published cycle of four miners, one of them with a hostile hotkey and repository, and an excluded one."""
    config = CycleConfig(
        environments=[CycleEnvironment(id=env_id, version="1", max_steps=500) for env_id in ENVIRONMENTS],
        episodes=EPISODES, min_episodes=1, max_void_share=0.1, timeout_s=60, kinitro_version="0",
        reference=ReferencePolicy(name="baseline", digest="d" * 64),
    )  # fmt: skip
    miners = [
        FrozenMiner(uid=uid, hotkey=hotkey, first_block=100 + uid, repo=repo, revision="a" * 40, endpoint="http://x")
        for uid, hotkey, repo in (
            (3, "5Generalist", "someone/policy"), (4, HOSTILE, HOSTILE), (5, "5Poor", "x/y"), (6, "5Idle", "x/z"),
        )
    ]  # fmt: skip
    rates = [[0.9, 0.8, 0.7], [0.6, 0.8, 0.9], [0.3, 0.2, 0.1], [0.0, 0.0, 0.0], [0.25, 0.2, 0.05]]
    uids = [*(miner.uid for miner in miners), REFERENCE_UID]
    outcomes = simulate_outcomes(rates, EPISODES, 0.5, np.random.default_rng(0))
    rows = [
        ResultRow(
            task_id=index + 1, uid=uids[m], env_id=ENVIRONMENTS[n], episode=int(k), seed="0" * 32,
            outcome=1 if outcomes[m, n, k] else 2, steps=1, success_step=None, total_reward=0.0, forfeits=0,
            attempt=1, reason=None, executor=None, trace_sha256=None,
        )
        for index, (m, n, k) in enumerate(np.ndindex(outcomes.shape))
    ]  # fmt: skip
    card = score(PublicationIdentity(1, 1, 90, "2026-01-02T03:04:05+00:00"), config, miners, rows)
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into cycle (state, netuid, network, config, block, block_hash, seed_key, key_hash,"
            " key_committed_block, deadline_at) values ('published', 1, 'test', %s, 90, sha256('block'),"
            " sha256('seed'), sha256('key'), 90, now())",
            (Jsonb(config.model_dump()),),
        )
        for miner in [*miners, FrozenMiner(uid=9, hotkey="5Excluded", first_block=1, repo=None, revision=None,
                                           endpoint=None, excluded=f"repo {HOSTILE} is refused")]:  # fmt: skip
            connection.execute(
                "insert into cycle_miner (cycle_id, uid, hotkey, first_block, repo, revision, endpoint, excluded)"
                " values (1, %s, %s, %s, %s, %s, %s, %s)",
                (
                    miner.uid,
                    miner.hotkey,
                    miner.first_block,
                    miner.repo,
                    miner.revision,
                    miner.endpoint,
                    miner.excluded,
                ),
            )
        connection.execute(
            "insert into publication (cycle_id, netuid, block, scores, weights, explanations)"
            " values (1, 1, 90, %s, %s, %s)",
            (Jsonb(card.scores.model_dump()), Jsonb(card.weights.model_dump()), Jsonb(card.explanations)),
        )


class Elements(HTMLParser):
    """What a browser would see: elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def page(client: httpx2.AsyncClient, path: str, status: int = 200) -> Elements:
    """A page that keeps the rules of all pages."""
    response = await client.get(path)
    assert response.status_code == status
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    seen = Elements(response.text)
    for tag, attributes in seen.found:
        assert not {name for name in attributes if name.startswith("on") or name == "style"}, "the policy forbids these"
        for name in ("src", "href", "hx-get", "data-events", "action"):
            address = attributes.get(name)
            assert address is None or re.match(r"[/#]", address), f"{tag} leads elsewhere: {address}"
    scripts = [str(attributes["src"]) for tag, attributes in seen.found if tag == "script"]
    shows_film = any(attributes.get("id") == "film" for _, attributes in seen.found)
    expected = ["htmx-2.0.11.min.js", "pages.js", *(["episode.js"] if shows_film else [])]
    assert [script.partition("?")[0] for script in scripts] == [f"/static/{name}" for name in expected]
    return seen
