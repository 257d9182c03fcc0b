"""What was stored before specs described robots is read for ever: a trace and a recording that Kinitro 0.1 wrote."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

from kinitro import environments
from kinitro.environments.metaworld.robot import ACTION, PROPRIOCEPTION
from kinitro.evaluation import recordings, replay, traces
from kinitro.evaluation.simulator import InlineSimulator
from kinitro.verification.comparison import Comparison
from kinitro.verification.shadow import shadow
from tests.fakes.policies import ScriptedPolicy

STORED = json.loads((Path(__file__).parents[2] / "golden" / "episode_of_0_1.json").read_text())
TRACE, RECORDING = (base64.b64decode(STORED[name]) for name in ("trace", "recording"))
ENV_ID = "metaworld/reach-v3"
ANSWER = (0.5, -0.25, 0.1, 1.0)


def test_an_old_trace_is_read_and_written_as_it_was() -> None:
    trace = traces.decode(TRACE)
    assert traces.read_actions(trace).shape == (60, len(ACTION))
    assert traces.read_actions(trace)[4].tolist() == [0, 0, 0, 1], "the gripper was held"
    assert traces.encode(trace) == TRACE


def test_an_old_trace_is_replayed() -> None:
    assert replay(traces.decode(TRACE), environments.make(ENV_ID, cameras=()), fingerprint="another machine").agrees


def test_an_old_recording_is_of_metaworlds_robot() -> None:
    recording = recordings.decode(RECORDING)
    assert (recording.task.action, recording.task.proprioception) == (ACTION, PROPRIOCEPTION)
    assert recording.forfeited == [4, 9]
    assert len(list(recordings.iter_exchanges(recording, traces.decode(TRACE)))) == 60


async def test_an_old_recording_is_verified() -> None:
    trace = traces.decode(TRACE)
    recording = recordings.decode(RECORDING)
    comparison = Comparison(0.01, traces.read_bounds(trace))
    policy = ScriptedPolicy(lambda step: [ANSWER])
    environment = environments.make(ENV_ID)
    async for exchange, answer in shadow(recording, trace, environment, policy, InlineSimulator()):
        comparison.add(exchange, answer)
    assert (comparison.compared, comparison.matching) == (58, 58)
    assert np.isclose(comparison.largest_difference, 0, atol=1e-6)
