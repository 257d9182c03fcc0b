"""Running episodes: one, or many interleaved; traces, replay, outcomes. Importing this loads no simulator."""

from kinitro.evaluation.episode import Surroundings, Witness, run_episode
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings, Trace
from kinitro.evaluation.replay import ReplayReport, replay

__all__ = [
    "EpisodeResult",
    "Outcome",
    "ReplayReport",
    "Surroundings",
    "Timings",
    "Trace",
    "Witness",
    "replay",
    "run_episode",
]
