"""Cycles as Hypothesis draws them."""

from __future__ import annotations

import hypothesis.extra.numpy as hnp
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Bools = npt.NDArray[np.bool_]


@st.composite
def cycles(draw: st.DrawFn, max_miners: int = 8, max_envs: int = 8) -> tuple[Bools, list[int]]:
    """Outcomes of miners with different skills on each environment, some of them copies, and their blocks."""
    miners = draw(st.integers(1, max_miners))
    envs = draw(st.integers(1, max_envs))
    episodes = draw(st.sampled_from([1, 3, 12, 40, 100]))
    rates = draw(
        hnp.arrays(np.float64, (miners, envs), elements=st.sampled_from([0.0, 0.04, 0.3, 0.6, 0.8, 0.95, 1.0]))
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    shared = rng.random((1, envs, episodes))
    own = rng.random((miners, envs, episodes))
    outcomes = np.where(rng.random(own.shape) < draw(st.sampled_from([0.0, 0.7, 1.0])), shared, own) < rates[..., None]
    for copy, original in draw(st.lists(st.tuples(st.integers(0, miners - 1), st.integers(0, miners - 1)), max_size=3)):
        outcomes[copy] = outcomes[original]
    return outcomes, draw(st.lists(st.integers(0, 5), min_size=miners, max_size=miners))
