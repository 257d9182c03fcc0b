"""An episode: turns, forfeits, chunks, faults, clipping, timings, and a trace that replays to the bit."""

from __future__ import annotations

import asyncio
import time

import numpy as np
import pytest

from kinitro.environments import Observation
from kinitro.evaluation import EpisodeContext, Outcome, Trace, replay, run_episode
from kinitro.evaluation.fault_attribution import Forfeits, classify_fault
from kinitro.evaluation.simulator import SharedSimulator
from kinitro.evaluation.traces import decode, encode, list_digest_steps, read_actions, read_digests
from kinitro.policies.errors import PolicyMisbehaved
from tests.fakes.point import PointEnvironment
from tests.fakes.policies import FORWARD, GONE, LATE, ScriptedPolicy

STILL = (0.0, 0.0, 0.0, -1.0)


def actions(trace: Trace | None) -> list[list[float]]:
    assert trace is not None
    return read_actions(trace).tolist()


async def test_reaching_the_goal_is_a_success_and_ends_the_episode() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(), seed=7)
    assert result.outcome is Outcome.SUCCESS
    assert result.success_step == result.steps
    assert 90 <= result.steps <= 110
    assert result.reason is None
    assert result.total_reward > 0


async def test_not_reaching_it_before_the_horizon_is_a_failure() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(lambda step: [STILL]), seed=7, max_steps=40)
    assert (result.outcome, result.steps, result.success_step) == (Outcome.FAILURE, 40, None)


async def test_the_environments_horizon_bounds_the_tasks() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(lambda step: [STILL]), seed=7, max_steps=10_000)
    assert result.steps == 120


async def test_the_policy_learns_nothing_about_the_seed() -> None:
    first, second = ScriptedPolicy(), ScriptedPolicy()
    await run_episode(PointEnvironment(), first, seed=2**128 - 1, max_steps=3)
    await run_episode(PointEnvironment(), second, seed=2**128 - 1, max_steps=3)
    (one,), (two,) = first.tasks, second.tasks
    assert one.episode_id != two.episode_id
    assert f"{2**128 - 1}" not in repr(one)
    assert (one.cameras, one.image_size, one.max_steps) == (("corner", "gripper"), (8, 8), 3)


async def test_actions_outside_the_range_are_clipped_before_they_are_traced() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(lambda step: [(9, -9, 0.5, 2)]), seed=1, max_steps=2)
    assert actions(result.trace) == [[1.0, -1.0, 0.5, 1.0]] * 2


async def test_a_chunk_is_executed_open_loop() -> None:
    policy = ScriptedPolicy(lambda step: [FORWARD] * 4)
    result = await run_episode(PointEnvironment(), policy, seed=1, max_steps=10)
    assert policy.asked == [0, 4, 8]
    assert result.steps == 10
    assert [int(seen.pixels["corner"][0, 0, 0]) for seen in policy.seen] == [0, 4, 8]


async def test_a_forfeited_step_moves_nothing_and_holds_the_gripper() -> None:
    script = {1: LATE, 3: LATE}
    policy = ScriptedPolicy(lambda step: script.get(step, [FORWARD]))
    result = await run_episode(PointEnvironment(), policy, seed=1, max_steps=5)
    assert result.outcome is Outcome.FAILURE
    assert result.forfeits == 2
    assert actions(result.trace)[1] == [0.0, 0.0, 0.0, 1.0]
    assert policy.asked == [0, 1, 2, 3, 4]


async def test_the_gripper_stays_open_when_the_very_first_step_is_forfeited() -> None:
    policy = ScriptedPolicy(lambda step: LATE if step == 0 else [FORWARD])
    result = await run_episode(PointEnvironment(), policy, seed=1, max_steps=2)
    assert actions(result.trace)[0] == list(STILL)


async def test_three_forfeits_in_a_row_are_the_policys_fault() -> None:
    policy = ScriptedPolicy(lambda step: LATE if step >= 10 else [FORWARD])
    result = await run_episode(PointEnvironment(), policy, seed=1)
    assert (result.outcome, result.reason, result.forfeits, result.steps) == (Outcome.POLICY_FAULT, "timeout", 3, 12)
    assert replay(result.trace, PointEnvironment()).agrees


async def test_a_tenth_of_all_steps_forfeited_is_the_policys_fault() -> None:
    policy = ScriptedPolicy(lambda step: LATE if step % 4 == 3 else [STILL])
    result = await run_episode(PointEnvironment(), policy, seed=1)
    assert (result.outcome, result.forfeits) == (Outcome.POLICY_FAULT, 13)


def test_short_episodes_forgive_as_many_steps_as_long_rows_do() -> None:
    forfeits = Forfeits(max_steps=10)
    for _ in range(3):
        forfeits.add()
        forfeits.end_row()
    assert not forfeits.too_many
    forfeits.add()
    assert forfeits.too_many


async def test_a_server_that_answers_at_the_second_reset_is_forgiven() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(resets=[GONE]), seed=7)
    assert result.outcome is Outcome.SUCCESS


async def test_a_server_that_cannot_be_reached_is_the_policys_fault() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(resets=[GONE, GONE]), seed=7)
    assert (result.outcome, result.reason, result.steps) == (Outcome.POLICY_FAULT, "unreachable:connect", 0)


@pytest.mark.parametrize("script", [ScriptedPolicy(resets=[GONE, GONE]), ScriptedPolicy(lambda step: LATE)])
async def test_it_is_our_fault_when_the_canary_is_out_of_reach_too(script: ScriptedPolicy) -> None:
    async def canary() -> bool:
        return False

    result = await run_episode(PointEnvironment(), script, seed=7, context=EpisodeContext(canary=canary))
    assert (result.outcome, result.reason) == (Outcome.EVALUATOR_FAULT, "canary_failed")
    assert result.trace is None


def test_the_canary_decides_whose_fault_it_is() -> None:
    assert classify_fault("timeout", canary_ok=False) == (Outcome.EVALUATOR_FAULT, "canary_failed")
    assert classify_fault("timeout", canary_ok=True) == (Outcome.POLICY_FAULT, "timeout")


async def test_a_simulation_that_the_policys_actions_make_fail_is_its_failure_and_fails_again() -> None:
    result = await run_episode(PointEnvironment("diverging"), ScriptedPolicy(), seed=7)
    assert (result.outcome, result.reason, result.steps) == (Outcome.FAILURE, "simulation_failed", 6)
    assert result.trace is not None
    assert result.trace.diverged
    trace = decode(encode(result.trace))
    assert replay(trace, PointEnvironment("diverging")).agrees
    (difference, *_) = replay(trace, PointEnvironment("diverging", healed=True)).differences
    assert "a simulation that fails was reported, in the replay it goes on" in difference


async def test_a_reward_that_is_no_number_is_a_simulation_that_failed() -> None:
    result = await run_episode(PointEnvironment("priceless"), ScriptedPolicy(), seed=7)
    assert (result.outcome, result.reason) == (Outcome.FAILURE, "simulation_failed")
    assert result.trace is not None
    assert np.isfinite(result.total_reward)
    assert replay(result.trace, PointEnvironment("priceless")).agrees


async def test_a_simulation_that_fails_before_the_first_action_is_our_fault() -> None:
    result = await run_episode(PointEnvironment("stillborn"), ScriptedPolicy(), seed=7)
    assert (result.outcome, result.reason, result.steps) == (Outcome.EVALUATOR_FAULT, "simulation_failed", 0)
    assert result.trace is None


async def test_a_witness_of_every_step_sees_nothing_of_a_simulation_that_failed() -> None:
    notes = Notes(every_step=True)
    policy = ScriptedPolicy(lambda step: [STILL] * 4)
    result = await run_episode(PointEnvironment("diverging"), policy, seed=7, observer=notes)
    assert result.reason == "simulation_failed"
    assert notes.said == ["begin", (0, 4), 1, 2, 3, (4, 4), 5, "end"]


async def test_timings_tell_the_policy_from_the_simulator() -> None:
    context = EpisodeContext(simulator=SharedSimulator())
    result = await run_episode(
        PointEnvironment("slow"), ScriptedPolicy(delay_s=0.02), seed=7, max_steps=15, context=context
    )
    assert 20 <= result.timings.policy_p50_ms <= result.timings.policy_p95_ms <= result.timings.policy_max_ms
    assert 30 <= result.timings.simulation_ms <= 3000
    assert result.timings.waiting_ms >= 0


async def test_simulation_goes_on_while_policies_think() -> None:
    context = EpisodeContext(simulator=SharedSimulator())
    begun = time.perf_counter()
    results = await asyncio.gather(
        *(
            run_episode(PointEnvironment(), ScriptedPolicy(delay_s=0.02), seed=seed, max_steps=20, context=context)
            for seed in range(10)
        )
    )
    assert [result.steps for result in results] == [20] * 10
    assert time.perf_counter() - begun < 0.5 * 10 * 20 * 0.02


class Notes:
    """An observer that writes down what it was told."""

    def __init__(self, *, every_step: bool) -> None:
        self.every_step = every_step
        self.said: list[object] = []

    def begin(self, task: object) -> None:
        self.said.append("begin")

    def exchange(self, step: int, observation: object, answer: np.ndarray | None) -> None:
        self.said.append((step, None if answer is None else len(answer)))

    def observe_unsent(self, observation: Observation) -> None:
        self.said.append(int(observation.pixels["corner"][0, 0, 0]))

    def end(self) -> None:
        self.said.append("end")

    def abandon(self) -> None:
        self.said.append("abandoned")


@pytest.mark.parametrize(
    ("every_step", "said"),
    [
        (False, ["begin", (0, 2), (2, None), (3, 2), "end"]),
        (True, ["begin", (0, 2), 1, (2, None), (3, 2), 4, 5, "end"]),
    ],
)
async def test_a_witness_sees_what_the_policy_saw(every_step: bool, said: list[object]) -> None:
    notes = Notes(every_step=every_step)
    policy = ScriptedPolicy(lambda step: LATE if step == 2 else [STILL] * 2)
    await run_episode(PointEnvironment(), policy, seed=7, max_steps=5, observer=notes)
    assert notes.said == said


async def test_a_witness_of_an_episode_that_is_given_up_is_told() -> None:
    notes = Notes(every_step=False)
    asked = asyncio.Event()

    class Silent(ScriptedPolicy):
        async def act(self, episode_id: str, step: int, observation: Observation) -> np.ndarray:
            asked.set()
            await asyncio.Event().wait()
            raise AssertionError("nobody sets it")

    policy = Silent()
    running = asyncio.create_task(run_episode(PointEnvironment(), policy, seed=7, observer=notes))
    await asked.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert notes.said == ["begin", "abandoned"]


async def test_the_result_says_what_the_policy_said_last() -> None:
    failing = PolicyMisbehaved("http_status", "It answered /act with status 500: no CUDA")
    result = await run_episode(PointEnvironment(), ScriptedPolicy(lambda step: failing), seed=7)
    assert (result.reason, result.detail) == ("http_status", "It answered /act with status 500: no CUDA")
    result = await run_episode(PointEnvironment(), ScriptedPolicy(resets=[GONE, GONE]), seed=7)
    assert (result.reason, result.detail) == ("unreachable:connect", "Nobody listens there.")
    assert (await run_episode(PointEnvironment(), ScriptedPolicy(), seed=7)).detail is None


async def test_digests_are_taken_at_fixed_steps_and_at_the_end() -> None:
    result = await run_episode(PointEnvironment(), ScriptedPolicy(), seed=7)
    assert result.trace is not None
    assert list(read_digests(result.trace)) == list_digest_steps(result.steps)
