"""Short films of some episodes of a survey, made afterwards from their traces, without the policy."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

from kinitro.environments import make
from kinitro.environments.interface import Environment
from kinitro.evaluation.outcomes import Outcome
from kinitro.evaluation.replay import replay
from kinitro.evaluation.survey import SurveyPlan, Trial
from kinitro.evaluation.traces import count_steps, decode
from kinitro.evaluation.video import VideoObserver

FAILURES, SUCCESSES = 8, 4
"""Most films of either kind; each takes a few hundred KiB, and a second or two to make."""


@dataclass(frozen=True, slots=True)
class Clip:
    """The film of an episode."""

    trial: Trial
    video: bytes
    """An mp4 file: the images of all cameras side by side."""
    agrees: bool
    """Whether the replay was the episode itself, bit for bit."""


def choose_trials(plan: SurveyPlan, trials: Sequence[Trial]) -> list[Trial]:
    """Return the episodes to film: the first failures and successes of every environment in turn, failures first.

    Only those with a trace of at least one step can be filmed.
    """
    filmable = [trial for trial in trials if trial.trace is not None and trial.result.steps > 0]
    filmable.sort(key=lambda trial: trial.episode)
    chosen: list[Trial] = []
    for outcomes, most in (((Outcome.FAILURE, Outcome.POLICY_FAULT), FAILURES), ((Outcome.SUCCESS,), SUCCESSES)):
        columns = [
            [trial for trial in filmable if trial.env_id == env_id and trial.result.outcome in outcomes]
            for env_id, _ in plan.header.environments
        ]
        in_turn = chain.from_iterable(zip_longest(*columns))
        chosen += [trial for trial in in_turn if trial is not None][:most]
    return chosen


def film(
    plan: SurveyPlan,
    trials: Sequence[Trial],
    make_environment: Callable[..., Environment] = make,
) -> Iterator[Clip]:
    """Yield the film of each trial, which must have a trace. Raises VideoFailed, SimulationFailed."""
    made: dict[str, Environment] = {}
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        for number, trial in enumerate(trials):
            if trial.env_id not in made:
                made[trial.env_id] = make_environment(trial.env_id, randomization=plan.header.randomization)
                stack.callback(made[trial.env_id].close)
            yield _film(trial, made[trial.env_id], Path(directory) / f"{number}.mp4")


def _film(trial: Trial, environment: Environment, path: Path) -> Clip:
    trace = decode(trial.trace or b"")
    observer = VideoObserver(path, environment.spec.control_hz)
    try:
        report = replay(trace, environment, show=observer.observe_unsent)
        observer.end()
    except BaseException:
        observer.abandon()
        raise
    return Clip(trial, path.read_bytes(), report.agrees and count_steps(trace) == report.steps)
