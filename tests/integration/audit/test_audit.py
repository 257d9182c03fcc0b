"""An auditor agrees with the truth and names every lie."""

from __future__ import annotations

import base64
import hashlib
import os
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import msgspec
import numpy as np
import pytest
from pydantic import BaseModel

from kinitro.api.application import create_app
from kinitro.api.settings import ApiSettings
from kinitro.audit.audit import audit_cycle
from kinitro.audit.report import AuditReport, AuditVerdict
from kinitro.audit.witness import Witness
from kinitro.chain.errors import ChainUnavailable
from kinitro.chain.interface import Block, ChainSnapshot
from kinitro.client.errors import ApiUnavailable
from kinitro.client.http import ApiClient
from kinitro.client.merkle import compute_merkle_root, hash_leaf
from kinitro.client.messages import Scores, Weights
from kinitro.client.records import Manifest, ResultPage, TraceRecord, encode_result
from kinitro.client.verdicts import VerdictPage, VerdictRow
from kinitro.cycles.seeds import compute_beacon_number
from kinitro.evaluation.traces import decode, encode, read_actions
from tests.fakes.problems import problem_response
from tests.fakes.published import Published

Lie = Callable[[Any], Any]


class Liar(ApiClient):
    """Answers as the real API does, after the lies for the type of the answer."""

    lies: dict[type[BaseModel], Lie]

    async def _call(self, method: str, path: str, model: Any, **more: Any) -> Any:
        answer = await super()._call(method, path, model, **more)
        lie = self.lies.get(model)
        return lie(answer) if lie else answer


@asynccontextmanager
async def api_of(published: Published, lies: dict[type[BaseModel], Lie] | None = None) -> AsyncIterator[Liar]:
    app = create_app(ApiSettings.load(database_url=published.url, requests_per_s=10_000.0))
    async with app.router.lifespan_context(app):
        api = Liar("http://api", transport=httpx2.ASGITransport(app), tries=1)
        api.lies = lies or {}
        async with api:
            yield api


async def audit(published: Published, lies: dict[type[BaseModel], Lie] | None = None, **options: Any) -> AuditReport:
    async with api_of(published, lies) as api:
        return await audit_cycle(api, **({"cycle_id": 1, "sample": 0, "workers": 0} | options))


def failed(report: AuditReport) -> dict[str, str]:
    """Names of the failed checks, with what differs."""
    return {check.name: "; ".join(check.differences) for check in report.failures}


def change(**changes: Any) -> Lie:
    return lambda message: message.model_copy(update=changes)


def with_root(lie: Callable[[list[Any]], list[Any]]) -> dict[type[BaseModel], Lie]:
    """A lie in the results by an operator who also publishes the Merkle root of the false results."""
    roots: list[str] = []

    def results(page: ResultPage) -> ResultPage:
        rows = lie(list(page.results))
        roots.append(compute_merkle_root(hash_leaf(encode_result(row)) for row in rows).hex())
        return page.model_copy(update={"results": rows})

    return {ResultPage: results}


async def test_the_truth_passes_every_check(published: Published) -> None:
    told: list[tuple[str, int, int]] = []
    async with api_of(published) as api:
        report = await audit_cycle(
            api, sample=None, workers=2, netuid=1, chain=published.chain, progress=lambda *step: told.append(step)
        )
    assert report.ok, report.reason
    assert [check.name for check in report.checks] == [
        "manifest", "key", "binding", "chain", "beacon", "results", "seeds", "verdicts", "scores", "weights", "replays",
    ]  # fmt: skip
    assert {check.verdict for check in report.checks} == {AuditVerdict.PASSED}
    assert "30 of 30 chosen episodes" in report.checks[-1].detail
    assert told[-1] == ("replays", 30, 30)


async def test_the_cycle_is_not_trivial(published: Published) -> None:
    async with api_of(published) as api:
        scores = await api.scores(1)
        rates = {m.uid: [e.success_rate for e in m.environments] for m in scores.miners}
        assert sum(rates[9]) > sum(rates[5]) > sum(rates[2])
        assert (await api.weights_latest()).weights[9] > 0.9


def flipped(rows: list[Any]) -> list[Any]:
    row = next(row for row in rows if row.uid == 2 and row.outcome == 2)
    lie = row.model_copy(update={"outcome": 1, "success_step": row.steps})
    return [lie if row is other else other for other in rows]


async def test_a_flipped_outcome_is_named(published: Published) -> None:
    found = failed(await audit(published, with_root(flipped), sample=None))
    assert "Merkle root" in found["results"]
    assert "uid 2 has successes" in found["scores"]
    assert "uid 2" in found["replays"]
    assert "success step" in found["replays"]


async def test_a_forged_result_that_decides_is_replayed_though_the_sample_is_small(published: Published) -> None:
    """Red team: a favourite's few results were forged among thousands, and a sample of five hardly ever met one."""

    def forged(rows: list[Any]) -> list[Any]:
        lies = {5: {"outcome": 1, "success_step": 80}, 9: {"outcome": 2, "success_step": None}}
        return [r.model_copy(update=lies[r.uid]) if r.uid in lies else r for r in rows]

    report = await audit(published, with_root(forged), sample=1, missed=1e-6)
    assert "(uid " in failed(report)["replays"]
    honest = await audit(published, sample=1)
    assert honest.ok, honest.reason
    assert "is found by one auditor with 78.5%, by 3 with 99.00%" in honest.checks[-1].detail


async def test_a_success_that_is_called_failure_is_named(published: Published) -> None:
    """A consistent lie: outcome, scores, weights and root all say that uid 9 failed."""

    def lie(rows: list[Any]) -> list[Any]:
        return [r.model_copy(update={"outcome": 2, "success_step": None}) if r.uid == 9 else r for r in rows]

    found = failed(await audit(published, with_root(lie), sample=None))
    assert "uid 9, metaworld/drawer-close-v3" in found["replays"]
    assert "stopped after" in found["replays"], "a failure runs to the horizon"


async def test_a_simulation_that_is_said_to_have_failed_must_fail_in_the_replay(published: Published) -> None:
    def lie(rows: list[Any]) -> list[Any]:
        failure = {"outcome": 2, "success_step": None, "reason": "simulation_failed"}
        return [r.model_copy(update=failure) if r.uid == 9 else r for r in rows]

    def lie_in_trace(record: TraceRecord) -> TraceRecord:
        trace = msgspec.structs.replace(decode(base64.b64decode(record.trace)), success_step=None, diverged=True)
        return record.model_copy(update={"trace": base64.b64encode(encode(trace)).decode()})

    found = failed(await audit(published, with_root(lie), sample=None))
    assert "disagree on whether the simulation failed" in found["replays"]
    found = failed(await audit(published, {TraceRecord: lie_in_trace}, sample=2, missed=None, choose=random.Random(1)))
    assert "a simulation that fails was reported, in the replay it goes on" in found["replays"]


async def test_an_altered_action_is_named(published: Published) -> None:
    def lie(record: TraceRecord) -> TraceRecord:
        trace = decode(base64.b64decode(record.trace))
        actions = read_actions(trace).copy()
        actions[3] = np.float32(0.123)
        altered = encode(msgspec.structs.replace(trace, actions=actions.astype("<f4").tobytes()))
        return record.model_copy(update={"trace": base64.b64encode(altered).decode()})

    found = failed(await audit(published, {TraceRecord: lie}, sample=2, missed=None, choose=random.Random(1)))
    assert "digest" in found["replays"], "it is not the trace that the results commit to"
    assert "the state after step" in found["replays"], "and the physics gives something else"


async def test_a_trace_of_another_seed_is_named(published: Published) -> None:
    def lie(record: TraceRecord) -> TraceRecord:
        trace = msgspec.structs.replace(decode(base64.b64decode(record.trace)), seed="0" * 32)
        return record.model_copy(update={"trace": base64.b64encode(encode(trace)).decode()})

    assert "has the seed" in failed(await audit(published, {TraceRecord: lie}, sample=1, missed=None))["replays"]


async def test_a_trace_that_is_none_is_named(published: Published) -> None:
    for garbage in ("not base64!", base64.b64encode(b"\x01garbage").decode(), ""):
        found = failed(await audit(published, {TraceRecord: change(trace=garbage)}, sample=1))
        assert "its trace cannot be read" in found["replays"]


async def test_a_wrong_seed_is_named(published: Published) -> None:
    def lie(rows: list[Any]) -> list[Any]:
        return [rows[0].model_copy(update={"seed": "ab" * 16}), *rows[1:]]

    found = failed(await audit(published, with_root(lie)))
    assert "has the seed abababab" in found["seeds"]


async def test_a_key_that_does_not_match_is_named(published: Published) -> None:
    found = failed(await audit(published, {Manifest: change(seed_key="00" * 32)}))
    assert "does not hash to" in found["key"]
    assert "key and beacon give" in found["seeds"]


async def test_a_key_that_was_exchanged_after_the_commitment_is_named(published: Published) -> None:
    key = b"another key" * 3
    lies: dict[type[BaseModel], Lie] = {
        Manifest: change(seed_key=key[:32].hex(), key_hash=hashlib.sha256(key[:32]).hexdigest())
    }
    async with api_of(published) as api:
        witness = Witness()
        witness.note(api.base_url, await api.get("/v1/cycles/1/manifest", Manifest))
    assert "key_hash was" in failed(await audit(published, lies, witness=witness))["key"]
    assert "key" not in failed(await audit(published, witness=witness))


async def test_a_beacon_that_was_chosen_is_named(published: Published) -> None:
    def later(manifest: Manifest) -> Manifest:
        return manifest.model_copy(update={"beacon_block": (manifest.beacon_block or 0) + 1})

    assert "the beacon is block" in failed(await audit(published, {Manifest: later}))["key"]
    other = hashlib.sha256(b"chosen").hexdigest()
    found = failed(await audit(published, {Manifest: change(beacon_hash=other)}, chain=published.chain))
    assert "the beacon, has the hash" in found["chain"]


async def test_a_changed_weight_is_named(published: Published) -> None:
    found = failed(await audit(published, {Weights: change(weights={9: 0.9, 5: 0.1})}))
    assert "uid 5 has 0.1 in weights; the results give" in found["weights"]
    found = failed(await audit(published, {Weights: change(weights_u16={9: 1})}))
    assert found.keys() == {"weights"}
    assert "weights_u16" in found["weights"]
    found = failed(await audit(published, {Weights: change(hotkeys={9: "somebody-else"})}))
    assert "uid 9 has somebody-else in hotkeys" in found["weights"]


async def test_weights_about_to_be_set_are_the_ones_that_are_checked(published: Published) -> None:
    async with api_of(published) as api:
        given = (await api.weights_latest()).model_copy(update={"weights": {2: 1.0}})
        assert "weights" in failed(await audit_cycle(api, 1, sample=0, weights=given))


async def test_a_changed_score_is_named(published: Published) -> None:
    def lie(scores: Scores) -> Scores:
        best = scores.miners[0].model_copy(update={"points": 1.0})
        return scores.model_copy(update={"miners": [best, *scores.miners[1:]]})

    found = failed(await audit(published, {Scores: lie}))
    assert "uid 9 has points 1.0; the results give" in found["scores"]


def verdicts(change: Callable[[VerdictRow], VerdictRow | None]) -> dict[type[BaseModel], Lie]:
    """A lie in the list of verdicts; None leaves one out."""

    def page(message: VerdictPage) -> VerdictPage:
        rows = [changed for row in message.verdicts if (changed := change(row)) is not None]
        return message.model_copy(update={"verdicts": rows})

    return {VerdictPage: page}


async def test_a_disqualification_without_evidence_is_named(published: Published) -> None:
    found = failed(await audit(published, verdicts(lambda row: None if row.uid == 2 else row)))
    assert "uid 2 has disqualified True; the results give False" in found["scores"]


async def test_a_disqualification_that_was_not_published_is_named(published: Published) -> None:
    def fail(row: VerdictRow) -> VerdictRow:
        evidence = row.evidence.model_copy(update={"matching": 2})
        return row.model_copy(update={"verdict": "mismatch", "evidence": evidence}) if row.uid == 9 else row

    found = failed(await audit(published, verdicts(fail)))
    assert found.keys() == {"scores", "weights"}
    assert "uid 9 has disqualified False; the results give True" in found["scores"]
    assert "uid 9 has 1.0 in weights; the results give None" in found["weights"]


@pytest.mark.parametrize(
    ("changes", "evidence", "words"),
    [
        ({"verdict": "match"}, {}, "1 of 10 actions agreed"),
        ({}, {"matching": 10}, "10 of 10 actions agreed"),
        ({}, {"compared": 0, "matching": 0, "tolerance": 0.5}, "by other bounds than the cycle's"),
        ({}, {"revision": "f" * 40}, "is committed"),
        ({"verdict": "unverifiable"}, {}, "names no reason"),
        ({"task_id": 10**9}, {}, "who has no such result"),
        ({"uid": 9}, {}, "who has no such result"),
        ({"cycle_id": 2}, {}, "who has no such result"),
    ],
    ids=["match", "mismatch", "bounds", "revision", "reason", "task", "uid", "cycle"],
)
async def test_a_verdict_that_its_evidence_does_not_bear_out_is_named(
    published: Published, changes: dict[str, Any], evidence: dict[str, Any], words: str
) -> None:
    def lie(row: VerdictRow) -> VerdictRow:
        if row.uid != 2:
            return row
        return row.model_copy(update={**changes, "evidence": row.evidence.model_copy(update=evidence)})

    assert words in failed(await audit(published, verdicts(lie)))["verdicts"]


async def test_a_dropped_miner_is_named(published: Published) -> None:
    """Gone from results and scores, but not from the frozen miners; then from all of them."""
    results = with_root(lambda rows: [row for row in rows if row.uid != 5])
    found = failed(await audit(published, results))
    assert "uid 5 has no result for episode 0 of metaworld/button-press-v3" in found["results"]

    def without(manifest: Manifest) -> Manifest:
        return manifest.model_copy(update={"miners": [m for m in manifest.miners if m.uid != 5]})

    def scores(message: Scores) -> Scores:
        return message.model_copy(update={"miners": [m for m in message.miners if m.uid != 5]})

    found = failed(await audit(published, {**results, Manifest: without, Scores: scores}, chain=published.chain))
    assert "uid 5 had committed a policy by block" in found["chain"]


async def test_an_invented_miner_is_named(published: Published) -> None:
    def invent(manifest: Manifest) -> Manifest:
        invented = manifest.miners[0].model_copy(update={"uid": 77})
        return manifest.model_copy(update={"miners": [*manifest.miners, invented]})

    found = failed(await audit(published, {Manifest: invent}, chain=published.chain))
    assert "uid 77 is among the frozen miners and had committed nothing" in found["chain"]


def with_exclusion(uid: int, reason: str | None) -> dict[type[BaseModel], Lie]:
    def lie(manifest: Manifest) -> Manifest:
        changed = [m.model_copy(update={"excluded": reason}) if m.uid == uid else m for m in manifest.miners]
        return manifest.model_copy(update={"miners": changed})

    return {Manifest: lie}


async def test_an_excluded_miner_is_shown(published: Published) -> None:
    report = await audit(published, with_exclusion(5, "we do not like it"), chain=published.chain)
    chain = next(check for check in report.checks if check.name == "chain")
    assert "uid 5 was excluded (we do not like it); the chain alone does not show why" in chain.detail
    assert "not part of the cycle" in failed(report)["results"]


async def test_a_miner_that_should_be_excluded_is_named(published: Published) -> None:
    found = failed(await audit(published, with_exclusion(11, None), chain=published.chain))
    assert "uid 11 takes part, although the commitment" in found["chain"]


async def test_an_earlier_first_block_is_named(published: Published) -> None:
    def lie(manifest: Manifest) -> Manifest:
        miners = [m.model_copy(update={"first_block": 1} if m.uid == 2 else {}) for m in manifest.miners]
        return manifest.model_copy(update={"miners": miners})

    found = failed(await audit(published, {Manifest: lie}, chain=published.chain))
    assert "uid 2 has the first_block 1; the chain has 48" in found["chain"]
    assert "uid 2 has first_block 48; the results give 1" in found["scores"]


async def test_another_subnets_or_cycles_data_is_named(published: Published) -> None:
    assert "subnet 1, not of subnet 7" in failed(await audit(published, netuid=7))["manifest"]
    found = failed(await audit(published, {Manifest: change(cycle_id=3)}))
    assert "the API serves cycle 3" in found["manifest"]


async def test_invented_chance_levels_are_named(published: Published) -> None:
    def lie(manifest: Manifest) -> Manifest:
        environments = [e.model_copy(update={"random_success": 0.99}) for e in manifest.config.environments]
        return manifest.model_copy(update={"config": manifest.config.model_copy(update={"environments": environments})})

    assert "the chance level of" in failed(await audit(published, {Manifest: lie}))["manifest"]


async def test_wrong_counts_are_named(published: Published) -> None:
    def lie(manifest: Manifest) -> Manifest:
        return manifest.model_copy(update={"counts": manifest.counts | {"void": 4}})

    assert "the manifest counts 4 tasks as void" in failed(await audit(published, {Manifest: lie}))["results"]


async def test_pages_that_never_end_or_are_of_another_cycle_end_the_audit(published: Published) -> None:
    assert "do not go on" in failed(await audit(published, {ResultPage: change(next_after=0)}))["record"]
    pages: list[ResultPage] = []

    def endless(page: ResultPage) -> ResultPage:
        pages.append(page)
        return pages[0].model_copy(update={"next_after": 1000 * len(pages)})

    assert "more results than that" in failed(await audit(published, {ResultPage: endless}))["record"]
    assert "serves cycle 2" in failed(await audit(published, {ResultPage: change(cycle_id=2)}))["record"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (httpx2.Response(200, content=b'{"cycle_id": 1, "trunc'), "Manifest"),
        (httpx2.Response(200, json={"cycle_id": "one"}), "Manifest"),
        (httpx2.Response(200, text="<h1>Log in to the guest network</h1>"), "Manifest"),
        (httpx2.Response(404, text="<h1>Not here</h1>"), "is a proxy in between?"),
        (httpx2.Response(403, json={"error": "blocked"}), "is a proxy in between?"),
        (problem_response(500, "oops"), "failed (500"),
        (problem_response(429, "slow down"), "is busy (429"),
        (httpx2.ReadTimeout("too slow"), "did not answer in time"),
        (httpx2.ConnectError("refused"), "cannot be reached"),
    ],
)
@pytest.mark.parametrize("cycle", [1, None])
async def test_an_api_that_cannot_be_asked_is_unavailable_and_no_lie(answer: Any, says: str, cycle: int | None) -> None:
    if cycle is None:
        says = says.replace("Manifest", "Scores")
    report = await audit_answers(answer, cycle)
    assert not report.ok
    assert report.failures == ()
    assert report.reason is None
    assert says in str(report.unavailable_reason)


async def audit_answers(answer: Any, cycle: int | None) -> AuditReport:
    """Audit an API that answers everything in the same way."""

    def serve(request: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, content=answer.content, headers=answer.headers)

    async with ApiClient("http://api", transport=httpx2.MockTransport(serve), tries=1) as api:
        return await audit_cycle(api, cycle)


@pytest.mark.parametrize("total", [2_000_000_000, 0])
async def test_a_total_that_the_cycle_cannot_have_is_not_followed(
    published: Published, total: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise an operator could have auditors fetch results until their memory is full."""
    monkeypatch.setattr("kinitro.audit.audit.MAX_MISSING", 10)
    report = await audit(
        published, {Manifest: lambda manifest: manifest.model_copy(update={"counts": {"total": total}})}
    )
    assert failed(report) == {"record": f"The manifest asks for 30 episodes and counts {total} tasks."}


async def test_a_cycle_that_the_api_says_it_does_not_have_fails_its_audit() -> None:
    report = await audit_answers(problem_response(404, "There is no cycle 1."), 1)
    assert "There is no cycle 1" in failed(report)["record"]
    assert report.unavailable_reason is None


async def test_before_the_first_publication_there_is_nothing_to_audit() -> None:
    report = await audit_answers(problem_response(404, "No scores are published yet."), None)
    assert report.failures == ()
    assert "there is no published cycle yet" in str(report.unavailable_reason)


def break_off(_message: Any) -> Any:
    raise ApiUnavailable("http://api answered 502 with a proxy's page.")


async def test_traces_that_cannot_be_had_are_unavailable_and_no_lie(published: Published) -> None:
    report = await audit(published, {TraceRecord: break_off}, sample=2, missed=None)
    assert report.failures == ()
    assert report.checks[-1].verdict is AuditVerdict.UNAVAILABLE
    assert "2 could not be made" in report.checks[-1].detail
    assert "a proxy's page" in str(report.unavailable_reason)


async def test_a_lie_is_told_although_something_else_is_unavailable(published: Published) -> None:
    report = await audit(published, {TraceRecord: break_off, Weights: change(netuid=77)}, sample=2, missed=None)
    assert "netuid of the weights is 77" in failed(report)["weights"]
    assert report.unavailable_reason is None


class Unreachable:
    """A chain whose node does not answer."""

    async def head(self) -> Block:
        raise ChainUnavailable("ws://node gave no answer within 30 s.")

    async def snapshot(self, netuid: int, block: int | None = None) -> ChainSnapshot:
        raise ChainUnavailable("ws://node gave no answer within 30 s.")


async def test_a_node_that_does_not_answer_is_unavailable_and_no_lie(published: Published) -> None:
    """It was "skipped", so that --allow-unchecked set weights that nobody had compared with the chain."""
    report = await audit(published, chain=Unreachable())
    assert {check.name for check in report.unavailable} == {"binding", "chain"}
    assert report.failures == ()
    assert "gave no answer" in str(report.unavailable_reason)


async def test_blocks_that_no_node_has_pass_no_audit(published: Published) -> None:
    """Both checks that need the chain were "skipped", so that an invented cycle passed without --strict."""

    def invented(block: int) -> dict[type[BaseModel], Lie]:
        blocks = {"block": block, "key_committed_block": block, "beacon_block": compute_beacon_number(block)}
        return {Manifest: change(**blocks), Scores: change(block=block), Weights: change(block=block)}

    report = await audit(published, invented(10**9), chain=published.chain)
    assert report.failures == (), report.reason
    assert "the manifest names block 1000000002" in str(report.unavailable_reason)
    async with api_of(published) as api:
        weights = (await api.weights_latest()).model_copy(update={"block": -100})
    found = failed(await audit(published, invented(-100), chain=published.chain, weights=weights))
    assert "which no chain has" in found["manifest"]


async def test_a_result_of_an_unknown_environment_fails_and_ends_nothing(published: Published) -> None:
    """Its replay raised StopIteration, a traceback, instead of the sentences about the lie."""

    def elsewhere(rows: list[Any]) -> list[Any]:
        return [rows[0].model_copy(update={"env_id": "metaworld/no-such-v3"}), *rows[1:]]

    found = failed(await audit(published, with_root(elsewhere), sample=None))
    assert "metaworld/no-such-v3, which is not part of the cycle" in found["results"]


async def test_a_manifest_that_asks_for_more_episodes_than_memory_holds_fails(published: Published) -> None:
    """One miner's table alone would take gigabytes: such a manifest ended the auditor's process."""

    def many(manifest: Manifest) -> Manifest:
        config = manifest.config.model_copy(update={"environments": manifest.config.environments * 500})
        return manifest.model_copy(update={"config": config.model_copy(update={"episodes": 100_000})})

    assert "episodes and counts 30 tasks" in failed(await audit(published, {Manifest: many}))["record"]


def kill_worker(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def test_a_worker_process_that_dies_is_this_machines_fault(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kinitro.audit.replays._replay", kill_worker)
    report = await audit(published, sample=1, missed=None, workers=1)
    assert report.failures == ()
    assert "a process that replays episodes on this machine died" in str(report.unavailable_reason)


async def test_on_another_physics_fingerprint_only_success_is_compared(published: Published) -> None:
    def lie(record: TraceRecord) -> TraceRecord:
        trace = msgspec.structs.replace(decode(base64.b64decode(record.trace)), fingerprint="another-machine")
        return record.model_copy(update={"trace": base64.b64encode(encode(trace)).decode()})

    report = await audit(published, {TraceRecord: lie}, sample=2, missed=None)
    assert "physics fingerprint another-machine, it must be" in failed(report)["replays"]
    mixed = {TraceRecord: lie, Manifest: change(mixed_physics=True)}
    report = await audit(published, mixed, sample=2, missed=None)
    assert not any("fingerprint" in difference for difference in report.checks[-1].differences)
    assert "2 ran under another physics fingerprint" in report.checks[-1].detail


async def test_where_only_success_was_compared_the_replays_are_not_checked(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Red team: traces of an invented machine, in a cycle of mixed physics, whose states nobody can compare."""
    monkeypatch.setattr("kinitro.audit.replays._compute_own_fingerprint", lambda: "this-machine")
    report = await audit(published, {}, sample=2, missed=None)
    assert report.ok
    assert report.checks[-1].verdict is AuditVerdict.SKIPPED
    assert "2 ran under another physics fingerprint" in str(report.strict_reason)


async def test_dropped_traces_are_skipped_and_said(published: Published) -> None:
    report = await audit(published, {Manifest: change(traces_kept=False)}, sample=5)
    assert report.ok
    assert (report.checks[-1].verdict, report.checks[-1].detail) == (
        AuditVerdict.SKIPPED,
        "not checked: the API serves no traces of this cycle any more",
    )
    assert "could not be checked completely: " in str(report.strict_reason)


async def test_a_missing_trace_that_should_be_there_is_named(published: Published) -> None:
    def deny(record: TraceRecord) -> TraceRecord:
        from kinitro.client.errors import ApiNotFound

        raise ApiNotFound("there is no such trace", 404)

    assert (
        "there is no such trace"
        in failed(await audit(published, {TraceRecord: deny}, sample=1, missed=None))["replays"]
    )
