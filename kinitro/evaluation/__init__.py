"""Runs episodes, one at a time or many interleaved; traces, replays and outcomes. Importing it loads no simulator."""

from kinitro.evaluation.episode import EpisodeContext, EpisodeObserver, run_episode
from kinitro.evaluation.outcomes import EpisodeResult, Outcome, Timings, Trace
from kinitro.evaluation.replay import ReplayReport, replay

__all__ = [
    "EpisodeContext",
    "EpisodeObserver",
    "EpisodeResult",
    "Outcome",
    "ReplayReport",
    "Timings",
    "Trace",
    "replay",
    "run_episode",
]
