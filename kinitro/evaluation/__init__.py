"""Running episodes: one, or many interleaved; traces, replay, outcomes. Importing this loads no simulator."""

from kinitro.evaluation.episode import EpisodeObserver, Surroundings, run_episode
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings, Trace
from kinitro.evaluation.replay import ReplayReport, replay

__all__ = [
    "EpisodeObserver",
    "EpisodeResult",
    "Outcome",
    "ReplayReport",
    "Surroundings",
    "Timings",
    "Trace",
    "replay",
    "run_episode",
]
