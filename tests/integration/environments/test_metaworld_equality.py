"""What we compute without MetaWorld's Python is what MetaWorld computes, to the bit."""

from __future__ import annotations

from typing import Any

from kinitro.environments.mujoco_import import mujoco

# isort: split

import metaworld
import numpy as np
import pytest
from metaworld.utils import reward_utils

from kinitro import environments
from kinitro.environments import EnvironmentSpec
from kinitro.environments.metaworld import task as task_module
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.environments.metaworld.experts import ScriptedExpert
from kinitro.environments.metaworld.rewards import tolerance
from kinitro.environments.metaworld.success import SUCCESS_CONDITIONS
from kinitro.environments.metaworld.task import MetaWorldTask

scored = pytest.mark.parametrize("spec", environments.scored_specs(), ids=lambda spec: spec.task_name)
every = pytest.mark.parametrize(
    "spec",
    [spec for spec in environments.all_specs() if spec.category != "composition"],
    ids=lambda spec: spec.task_name,
)


def make(spec: EnvironmentSpec, randomization: str) -> MetaWorldEnvironment:
    environment = environments.make(spec.id, cameras=(), randomization=randomization)
    assert isinstance(environment, MetaWorldEnvironment)
    return environment


class Unmoved:
    """Goal markers as MetaWorld leaves them: rewards must not depend on where we show them."""

    def place(self) -> None: ...


def get_metaworld_class(name: str, extension: object = None) -> Any:
    """The class and the model as MetaWorld has them."""
    assert extension is None
    return metaworld.ALL_V3_ENVIRONMENTS[f"{name}-v3"]


def make_twins(spec: EnvironmentSpec, randomization: str) -> tuple[MetaWorldEnvironment, MetaWorldEnvironment]:
    """Our environment, and one around MetaWorld's own object, whose step is called."""
    ours = make(spec, randomization)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(task_module, "make_stock_class", get_metaworld_class)
        twin = make(spec, randomization)
    assert type(twin._task._stock) is get_metaworld_class(spec.task_name)
    assert ours._task.model.nbvh < 100 < twin._task.model.nbvh
    twin._task._markers = Unmoved()  # type: ignore[assignment]
    return ours, twin


def assert_steps_are_equal(
    ours: MetaWorldEnvironment, twin: MetaWorldEnvironment, steps: int, seed: int, expert: bool
) -> None:
    """Our step beside MetaWorld's own in a twin, past success; noise lets the expert meet more states."""
    ours.reset(seed)
    twin.reset(seed)
    acting, noise = ScriptedExpert(ours), np.random.default_rng(seed)
    for step in range(steps):
        action = noise.uniform(-1, 1, 4)
        if expert:
            action = acting.act() + 0.3 * action * (step % 3 == 0)
        action = action.clip(-1, 1).astype(np.float32)
        ours._task.advance(action)
        reward, success = ours._task.evaluate(action, rewards=True)
        _, stock_reward, _, _, info = twin._task._stock.step(action)
        assert np.array_equal(ours._task.data.qpos, twin._task.data.qpos), step
        assert np.array_equal(ours._task.data.qvel, twin._task.data.qvel), step
        assert reward == stock_reward, step
        assert success == bool(info["success"]), step


@scored
def test_scored_tasks(spec: EnvironmentSpec) -> None:
    assert_steps_are_equal(*make_twins(spec, "standard"), 100, seed=1, expert=True)


@scored
def test_scored_tasks_on_rungs_that_leave_the_scene_alone(spec: EnvironmentSpec) -> None:
    rungs = environments.get_spec(f"{spec.id}@blackout@cameras@delay@gain@lights@noise@wordings")
    assert_steps_are_equal(*make_twins(rungs, "standard"), 60, seed=2, expert=True)


@pytest.mark.slow
@pytest.mark.parametrize("randomization", ["none", "standard", "hard"])
@every
def test_all_tasks(spec: EnvironmentSpec, randomization: str) -> None:
    ours, twin = make_twins(spec, randomization)
    for expert in (True, False):
        for seed in range(2):
            assert_steps_are_equal(ours, twin, 200, seed, expert)


@scored
def test_success_at_the_edge_is_metaworlds(spec: EnvironmentSpec) -> None:
    """With the target at the radius, and nearer and further by as little as the last bit."""
    random, still = np.random.default_rng(0), np.zeros(4, np.float32)
    task, condition = MetaWorldTask(spec.task_name), SUCCESS_CONDITIONS[spec.task_name]
    task.place(random)
    stock, weights = task._stock, np.array(condition.weights)
    if condition.what == "fingertips":
        point = stock.tcp_center
    else:
        point = getattr(task.data, condition.what)(condition.name).xpos + condition.offset_m
    found = []
    for further in (0.0, 1e-16, 1e-12, 1e-9, 1e-6, 0.1):
        for direction in random.normal(size=(20, 3)):
            edge = direction * condition.radius_m / np.linalg.norm(direction * weights)
            for sign in (1, -1):
                stock._target_pos = point + edge * (1 + sign * further)
                found.append(task.evaluate(still, rewards=False)[1])
                assert found[-1] == bool(stock.evaluate_state(task.read_state(), still)[1]["success"])
    assert set(found) == {True, False}


def test_rewards_short_way_is_metaworlds() -> None:
    random = np.random.default_rng(0)
    for number, margin in random.exponential(0.1, (2000, 2)):
        for bounds in ((0, 0.05), (0.02, 0.05), (0.05, 0.05)):
            for x in (number, float(number), number + bounds[1], *bounds):
                assert tolerance(x, bounds, margin, "long_tail") == reward_utils.tolerance(
                    x, bounds, margin, "long_tail"
                )


@pytest.mark.parametrize(
    "arguments",
    [
        (0.3, (0, 0.1), 0.0, "long_tail"),
        (0.3, (0, 0.1), 0.2, "gaussian"),
        (np.float32(0.3), (0, 0.1), 0.2, "long_tail"),
        (np.array([0.3, 0.05]), (0, 0.1), 0.2, "long_tail"),
        (0.3, (0, 0.1), 0.2, "long_tail", 0.2),
    ],
)
def test_rewards_long_way_is_metaworlds(arguments: Any) -> None:
    assert np.array_equal(tolerance(*arguments), reward_utils.tolerance(*arguments))


def test_rewards_refuse_what_metaworld_refuses() -> None:
    for bounds, margin in (((1.0, 0.0), 0.1), ((0.0, 1.0), -0.1)):
        with pytest.raises(ValueError, match="must be"):
            tolerance(0.5, bounds, margin, "long_tail")


class GivenPlacement:
    """A stand-in for the generator that draws what another drew."""

    def __init__(self, placement: Any) -> None:
        self.uniform = lambda *_bounds, **_size: placement.copy()


def assert_reset_is_equal(spec: EnvironmentSpec) -> None:
    """Our placement is what MetaWorld's reset arrives at from the same draw."""
    ours, stock = MetaWorldTask(spec.task_name), get_metaworld_class(spec.task_name)()
    ours.place(np.random.default_rng(3))
    stock._set_task_called, stock._freeze_rand_vec, stock.seeded_rand_vec = True, False, True
    stock._partially_observable = False
    stock._np_random = GivenPlacement(ours._stock._last_rand_vec)
    stock.reset()
    mujoco.mj_forward(stock.model, stock.data)
    assert np.array_equal(ours.data.qpos, stock.data.qpos)
    assert np.array_equal(ours.data.qvel, stock.data.qvel)
    assert np.array_equal(ours.model.body_pos, stock.model.body_pos)
    assert np.array_equal(ours._stock._target_pos, stock._target_pos)
    for name, value in vars(stock).items():
        if isinstance(value, float | np.ndarray) and name not in ("_prev_obs", "_last_stable_obs"):
            assert np.array_equal(value, getattr(ours._stock, name)), name


@scored
def test_the_start_is_metaworlds(spec: EnvironmentSpec) -> None:
    assert_reset_is_equal(spec)


@pytest.mark.slow
@every
def test_the_start_is_metaworlds_everywhere(spec: EnvironmentSpec) -> None:
    assert_reset_is_equal(spec)
