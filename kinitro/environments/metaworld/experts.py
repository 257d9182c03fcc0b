"""MetaWorld's scripted experts: upper bounds, and demonstrations to learn from."""

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
    """An environment that shows its whole state to those who may see it."""

    spec: EnvironmentSpec

    def privileged_state(self) -> npt.NDArray[np.float64]: ...


class ScriptedExpert:
    """Acts from MetaWorld's state, in which object and goal positions stand; make one per episode."""

    def __init__(self, environment: Privileged) -> None:
        self._environment = environment
        self._policy = ENV_POLICY_MAP[f"{environment.spec.task_name}-v3"]()

    def act(self) -> npt.NDArray[np.float32]:
        """The expert's action (4,) in the present state, clipped to [-1, 1]."""
        with warnings.catch_warnings():
            # it warns whenever it asks for more than the fastest motion
            warnings.simplefilter("ignore", UserWarning)
            action = self._policy.get_action(self._environment.privileged_state())
        clipped: npt.NDArray[np.float32] = np.clip(action, -1.0, 1.0).astype(np.float32)
        return clipped
