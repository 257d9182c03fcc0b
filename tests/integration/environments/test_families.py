"""Other packages' environments plug in through an entry point, and the same conformance test holds for all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from kinitro import environments
from kinitro.environments import Environment, Observation, Transition
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
from tests.integration.environments import point_family
from tests.integration.environments.point_family import SPEC, PointEnvironment

HERE = Path(__file__).parent


class TestPoint(EnvironmentConformance):
    def make_environment(self) -> Environment:
        return PointEnvironment(SPEC, ("front",), 16)


class TestMetaWorld(EnvironmentConformance):
    def make_environment(self) -> Environment:
        return environments.make("metaworld/drawer-close-v3", cameras=())

    def make_action(self, random: np.random.Generator) -> npt.NDArray[np.float64]:
        return random.uniform([-1.0, -0.7, -1.0, 1.0], [1.0, 1.0, 0.7, 1.0])


def install(folder: Path, entry: str) -> dict[str, str]:
    """The environment variables of a process in which a distribution with this entry point is installed."""
    distribution = folder / "point_family-1.0.dist-info"
    distribution.mkdir()
    (distribution / "METADATA").write_text("Metadata-Version: 2.1\nName: point-family\nVersion: 1.0\n")
    (distribution / "entry_points.txt").write_text(f"[kinitro.environments]\n{entry}\n")
    paths = [str(folder), str(HERE), *sys.path]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def kinitro(variables: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kinitro", *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)


def test_an_installed_family_is_listed_and_made(tmp_path: Path) -> None:
    variables = install(tmp_path, "point = point_family")
    listed = json.loads(kinitro(variables, "list-envs", "--json").stdout)
    assert {"id": "point/origin-v0", "instruction": "move the point to the origin"}.items() <= listed[-1].items()
    code = (
        "from kinitro import environments as e; p = e.make('point/origin-v0'); p.reset(1); print(p.observe().agent_pos)"
    )
    done = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[1.")


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("point = no_such_module", "cannot be loaded"),
        ("metaworld = point_family", "Two installed packages"),
        ("line = point_family", "must be named line/"),
    ],
)
def test_a_broken_family_is_a_sentence(tmp_path: Path, entry: str, told: str) -> None:
    done = kinitro(install(tmp_path, entry), "list-envs")
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


class Forgetful(PointEnvironment):
    """Keeps the hand-over of an episode to the next."""

    def reset(self, seed: int) -> None:
        before = self._x
        super().reset(seed)
        self._x += 0.1 * before


class Seedless(PointEnvironment):
    def reset(self, seed: int) -> None:
        super().reset(seed)
        self._x = 1.0


class Endless(PointEnvironment):
    def step(self, action: npt.ArrayLike) -> Transition:
        done = super().step(action)
        self._running = True
        return done if done.success else Transition(done.reward, False, False, False)


class Drifting(PointEnvironment):
    def observe(self) -> Observation:
        self._x += 1e-9
        return super().observe()


class Shared(PointEnvironment):
    def observe(self) -> Observation:
        observation = super().observe()
        if not hasattr(self, "_kept"):
            self._kept = observation
        return self._kept


class Trusting(PointEnvironment):
    """Steps before it looks at the action."""

    def step(self, action: npt.ArrayLike) -> Transition:
        self._x += 0.1
        return super().step(action)


class Unclipped(PointEnvironment):
    def step(self, action: npt.ArrayLike) -> Transition:
        done = super().step(action)
        self._x += 1e-3 * (abs(np.asarray(action, float)).max() > 1)
        return done


class Unsafe(PointEnvironment):
    def step(self, action: npt.ArrayLike) -> Transition:
        return super().step(np.nan_to_num(np.asarray(action, float)).clip(-1, 1))


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
        ],
        ids=lambda value: getattr(value, "__name__", None),
    )
    def test_broken(self, broken: type[PointEnvironment], test: str, message: str) -> None:
        class Check(EnvironmentConformance):
            def make_environment(self) -> Environment:
                return broken(SPEC, ("front",), 16)

        with pytest.raises(AssertionError) as raised:
            getattr(Check(), test)()
        assert message in str(raised.value)


def test_a_module_is_a_family() -> None:
    family: environments.Family = point_family
    assert family.specs() == (SPEC,)
