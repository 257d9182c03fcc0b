"""MetaWorld's scripted experts: they make demonstrations, and show how far a task can be solved."""

from __future__ import annotations

import warnings
from typing import Protocol

import kinitro.environments.mujoco_import  # noqa: F401

# isort: split

import numpy as np
import numpy.typing as npt
from metaworld.policies import ENV_POLICY_MAP

from kinitro.environments.spec import EnvironmentSpec


class Privileged(Protocol):
    """An environment that gives its whole state to scripted experts."""

    spec: EnvironmentSpec

    def privileged_state(self) -> npt.NDArray[np.float64]: ...


class ScriptedExpert:
    """Acts on MetaWorld's state, which holds the positions of objects and goal. Make one per episode."""

    def __init__(self, environment: Privileged) -> None:
        self._environment = environment
        self._policy = ENV_POLICY_MAP[f"{environment.spec.task_name}-v3"]()

    def act(self) -> npt.NDArray[np.float32]:
        """Return the expert's action in the present state: float32 (4,), clipped to [-1, 1]."""
        with warnings.catch_warnings():
            # MetaWorld warns whenever an expert asks for more than the fastest motion
            warnings.simplefilter("ignore", UserWarning)
            action = self._policy.get_action(self._environment.privileged_state())
        clipped: npt.NDArray[np.float32] = np.clip(action, -1.0, 1.0).astype(np.float32)
        return clipped
