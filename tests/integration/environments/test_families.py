"""Other packages' environments plug in through an entry point, and the same conformance test holds for all."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from kinitro import environments
from kinitro.environments import CameraSpec, Environment, Observation, Transition
from kinitro.environments.conformance import (
    CLIPPED,
    ENDS,
    NAMED_ERROR,
    OTHER_SEED,
    OWNED,
    PURE_OBSERVE,
    SAME_SEED,
    UNTOUCHED,
    EnvironmentConformance,
)
from tests.fakes.arm import ArmEnvironment, arm_family, install

SPEC = arm_family.SPEC


class TestArm(EnvironmentConformance):
    def make_environment(self) -> Environment:
        return ArmEnvironment(SPEC)


class TestMetaWorld(EnvironmentConformance):
    def make_environment(self) -> Environment:
        return environments.make("metaworld/drawer-close-v3", cameras=())

    def make_action(self, random: np.random.Generator) -> npt.NDArray[np.float64]:
        return random.uniform([-1.0, -0.7, -1.0, 1.0], [1.0, 1.0, 0.7, 1.0])


def kinitro(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinitro", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_an_installed_family_is_listed_and_made(tmp_path: Path) -> None:
    variables = install(tmp_path, "arm = arm_family")
    listed = json.loads(kinitro(variables, "list-envs", "--json").stdout)
    assert {"id": "arm/origin-v0", "instruction": "move the gripper to the origin"}.items() <= listed[-1].items()
    code = "from kinitro import environments; p = environments.make('arm/origin-v0'); print(len(p.spec.action))"
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("arm = no_such_module", "cannot be loaded"),
        ("metaworld = arm_family", "Two installed packages"),
        ("line = arm_family", "must be named line/"),
    ],
)
def test_a_broken_family_is_a_sentence(tmp_path: Path, entry: str, told: str) -> None:
    done = kinitro(install(tmp_path, entry), "list-envs")
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


class Forgetful(ArmEnvironment):
    """Keeps the hand-over of an episode to the next."""

    def reset(self, seed: int) -> None:
        before = self._pose
        super().reset(seed)
        self._pose = self._pose + 0.1 * before


class Seedless(ArmEnvironment):
    def reset(self, seed: int) -> None:
        super().reset(seed)
        self._pose = np.full(6, 0.4)


class Endless(ArmEnvironment):
    def step(self, action: npt.ArrayLike) -> Transition:
        done = super().step(action)
        self._running = True
        return done if done.success else Transition(done.reward, False, False, False)


class Drifting(ArmEnvironment):
    def observe(self) -> Observation:
        self._pose[0] += 1e-9
        return super().observe()


class Shared(ArmEnvironment):
    def observe(self) -> Observation:
        observation = super().observe()
        if not hasattr(self, "_kept"):
            self._kept = observation
        return self._kept


class Trusting(ArmEnvironment):
    """Steps before it looks at the action."""

    def step(self, action: npt.ArrayLike) -> Transition:
        self._pose[0] += 0.1
        return super().step(action)


class Unclipped(ArmEnvironment):
    def step(self, action: npt.ArrayLike) -> Transition:
        done = super().step(action)
        self._pose[0] += 1e-3 * (abs(np.asarray(action, float)).max() > 1)
        return done


class Unsafe(ArmEnvironment):
    def step(self, action: npt.ArrayLike) -> Transition:
        return super().step(np.nan_to_num(np.asarray(action, float)).clip(-1, 1))


class Taller(ArmEnvironment):
    """Draws other images than its spec says."""

    def observe(self) -> Observation:
        seen = super().observe()
        return Observation(seen.agent_pos, {name: image.swapaxes(0, 1).copy() for name, image in seen.pixels.items()})


class Shorter(ArmEnvironment):
    def observe(self) -> Observation:
        seen = super().observe()
        return Observation(seen.agent_pos[:-1].copy(), seen.pixels)


class Heavier(ArmEnvironment):
    def observe(self) -> Observation:
        seen = super().observe()
        seen.agent_pos[8] = 25.0
        return seen


class Narrower(ArmEnvironment):
    """Takes actions of six numbers."""

    def step(self, action: npt.ArrayLike) -> Transition:
        return super().step([*np.asarray(action, float)[:6], 0.08])


class TestTheConformanceTestFinds:
    """A test that cannot fail proves nothing: each broken environment is caught, and told what is wrong."""

    @pytest.mark.parametrize(
        ("broken", "test", "message"),
        [
            (Forgetful, "test_an_episode_is_a_function_of_its_seed", SAME_SEED),
            (Seedless, "test_an_episode_is_a_function_of_its_seed", OTHER_SEED),
            (Endless, "test_the_episode_ends_once", ENDS),
            (Drifting, "test_observations", PURE_OBSERVE),
            (Shared, "test_observations", OWNED),
            (Trusting, "test_refused_input_changes_nothing", UNTOUCHED),
            (Unclipped, "test_actions_are_clipped", CLIPPED),
            (Unsafe, "test_refused_input_changes_nothing", NAMED_ERROR),
            (Taller, "test_observations", "front is uint8 (64, 48, 3), and the spec says uint8 (48, 64, 3)"),
            (Shorter, "test_observations", "It is float32 (8,), and the spec has 9 numbers"),
            (Heavier, "test_observations", "grip_force is 25 N, outside 0 to 20"),
            (Narrower, "test_refused_input_changes_nothing", NAMED_ERROR),
        ],
        ids=lambda value: getattr(value, "__name__", None),
    )
    def test_broken(self, broken: type[Any], test: str, message: str) -> None:
        class Check(EnvironmentConformance):
            def make_environment(self) -> Environment:
                return broken(SPEC)

        with pytest.raises(AssertionError) as raised:
            getattr(Check(), test)()
        assert message in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"action": ()}, "The action has 0 numbers"),
        ({"action": SPEC.action[:1] * 2}, "The action has the names dx, dx"),
        ({"action": (replace(SPEC.action[0], low=1.0), *SPEC.action[1:])}, "The action 'dx' is from 1 to 0.05"),
        ({"action": (replace(SPEC.action[0], neutral=0.5), *SPEC.action[1:])}, "dx has the neutral value 0.5"),
        ({"action": (replace(SPEC.action[0], meaning=""), *SPEC.action[1:])}, "dx needs a meaning"),
        ({"proprioception": SPEC.proprioception[:1] * 65}, "The proprioception has 65 numbers"),
        ({"cameras": (CameraSpec("front", 0, 64),)}, "'front' is 0 x 64"),
        ({"cameras": SPEC.cameras[:1] * 2}, "Two cameras"),
        ({"robot": ""}, "needs a robot"),
    ],
)
def test_a_broken_spec_is_named(changes: dict[str, Any], told: str) -> None:
    class Check(EnvironmentConformance):
        def make_environment(self) -> Environment:
            return ArmEnvironment(replace(SPEC, **changes))

    with pytest.raises(AssertionError) as raised:
        Check().test_spec()
    assert told in str(raised.value)


def test_a_module_is_a_family() -> None:
    family: environments.Family = arm_family
    assert family.specs() == (SPEC,)


def test_the_example_is_short() -> None:
    assert len(inspect.getsource(arm_family).splitlines()) <= 120
