"""Rungs: what their ids mean, and what each does to an episode."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from kinitro import environments
from kinitro.environments.errors import UnknownEnvironment
from kinitro.environments.interface import read_instruction
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.environments.registry import list_rungs

PUSH = environments.get_spec("metaworld/push-v3")
RUNGS = {rung.name: rung for rung in list_rungs(PUSH) if rung.name != "sealed"}  # which needs a pack: test_sealed.py
STEPS = 12


def play(env_id: str, seed: int = 7, steps: int = STEPS, cameras: tuple[str, ...] = ()) -> list[object]:
    """What is seen of an episode of made-up actions, and its physical state at the end."""
    environment = environments.make(env_id, cameras=cameras)
    environment.reset(seed)
    return run_on(environment, steps)


def run_on(environment: environments.Environment, steps: int = STEPS) -> list[object]:
    seen: list[object] = [read_instruction(environment)]
    random = np.random.default_rng(1)
    for _ in range(steps):
        observation = environment.observe()
        seen.append((observation.agent_pos.tobytes(), [image.tobytes() for image in observation.pixels.values()]))
        environment.step(random.uniform(-1, 1, 4))
    return [*seen, environment.digest()]


def test_an_id_names_its_rungs() -> None:
    spec = environments.get_spec("metaworld/push-v3@delay@noise")
    assert spec.rungs == ("delay", "noise")
    assert spec.base_id == "metaworld/push-v3"
    assert spec.base_version == PUSH.version
    assert spec.version == f"{PUSH.version}+1.1"
    assert spec.family == "metaworld"
    assert not spec.scored


def test_users_may_name_rungs_in_any_order() -> None:
    """What is stored and published has one order only."""
    assert environments.get_spec("metaworld/push-v3@noise@delay") == environments.get_spec(
        "metaworld/push-v3@delay@noise"
    )
    environment = environments.make("metaworld/push-v3@noise@delay", cameras=())
    assert environment.spec.id == "metaworld/push-v3@delay@noise"


def test_without_rungs_nothing_has_changed() -> None:
    assert PUSH.rungs == ()
    assert PUSH.base_id == PUSH.id
    assert PUSH.base_version == PUSH.version == "2"


@pytest.mark.parametrize(
    ("env_id", "said"),
    [
        ("metaworld/push-v3@delai", "has no rung 'delai'; did you mean delay?"),
        ("metaworld/push-v3@", "has no rung ''; it has "),
        ("metaworld/push-v3@delay@delay", "cannot be on the rung 'delay' twice"),
        ("metaworld/drawer-open-v3@sizes", "metaworld/drawer-open-v3 has no rung 'sizes'; "),
        ("metaworld/push-v3@choices@moved", "cannot be on the rungs moved and choices at once"),
        ("metaworld/pusch-v3@delay", "There is no environment 'metaworld/pusch-v3'; did you mean metaworld/push-v3"),
        ("@", "There is no environment ''"),
        ("metaworld/push-v3@" + "x" * 1000, "has no rung 'xxx"),
        ("metaworld/push-v3" + "@delay" * 1000, "twice"),
    ],
)
def test_what_an_id_cannot_be(env_id: str, said: str) -> None:
    with pytest.raises(UnknownEnvironment) as refused:
        environments.get_spec(env_id)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 500


def test_laws_are_told() -> None:
    for rung in RUNGS.values():
        assert rung.name.isalpha()
        assert rung.name.islower()
        assert len(rung.law) > 20


@pytest.mark.parametrize("rung", RUNGS)
def test_an_episode_depends_on_its_seed_only(rung: str) -> None:
    """In another object, after other episodes, in a copy made in the middle: always the same."""
    env_id = f"metaworld/push-v3@{rung}"
    expected = play(env_id, cameras=("corner",))
    environment = environments.make(env_id, cameras=("corner",))
    for seed in (99, 7):
        environment.reset(seed)
        seen = run_on(environment)
    assert seen == expected
    environment.reset(7)
    run_on(environment, STEPS // 2)
    twin = copy.deepcopy(environment)
    assert run_on(twin, 3) == run_on(environment, 3)


@pytest.mark.parametrize("rung", RUNGS)
def test_a_rung_changes_something(rung: str) -> None:
    """Of what is seen, of what is asked, of where it leads, or of the time that there is."""
    env_id = f"metaworld/push-v3@{rung}"
    cameras = ("corner", "corner4", "gripper")
    assert environments.get_spec(env_id).max_steps < PUSH.max_steps or any(
        play(env_id, seed, 70, cameras) != play(PUSH.id, seed, 70, cameras) for seed in range(3)
    )


@pytest.mark.parametrize("rung", [name for name, rung in RUNGS.items() if rung.kind != "acting" and name != "choices"])
def test_seeing_and_saying_leave_physics_alone(rung: str) -> None:
    assert play(f"metaworld/push-v3@{rung}")[-1] == play(PUSH.id)[-1]


def test_rungs_do_not_depend_on_each_other() -> None:
    """What one draws is the same beside another one."""
    alone, beside = (environments.make(f"metaworld/push-v3@{rungs}", cameras=()) for rungs in ("noise", "delay@noise"))
    for environment in (alone, beside):
        environment.reset(5)
    assert alone.observe().agent_pos.tobytes() == beside.observe().agent_pos.tobytes()
    assert isinstance(alone, MetaWorldEnvironment)
    assert isinstance(beside, MetaWorldEnvironment)
    assert alone.privileged_factors()["rung noise"] == beside.privileged_factors()["rung noise"]


def test_a_delay_shifts_actions() -> None:
    late = environments.make("metaworld/reach-v3@delay", cameras=())
    on_time = environments.make("metaworld/reach-v3", cameras=())
    late.reset(3)
    on_time.reset(3)
    assert isinstance(late, MetaWorldEnvironment)
    delay = late.privileged_factors()["rung delay"]["delay in steps"]
    assert delay in (1, 2)
    actions = np.random.default_rng(0).uniform(-1, 1, (10, 4))
    for action in actions:
        late.step(action)
    for action in [*[(0, 0, 0, -1)] * int(delay), *actions[: -int(delay)]]:
        on_time.step(action)
    assert late.digest() == on_time.digest()


def test_noise_stays_within_its_bounds() -> None:
    noisy = environments.make("metaworld/reach-v3@noise", cameras=())
    exact = environments.make("metaworld/reach-v3", cameras=())
    differences = []
    for seed in range(20):
        noisy.reset(seed)
        exact.reset(seed)
        for _ in range(5):
            differences.append(noisy.observe().agent_pos - exact.observe().agent_pos)
            noisy.step((0, 0, 0, -1))
            exact.step((0, 0, 0, -1))
    assert np.abs(differences).max(axis=0)[:3].max() <= 0.0201
    assert np.abs(differences).max(axis=0)[:3].min() > 0.012
    assert noisy.observe().agent_pos.tobytes() == noisy.observe().agent_pos.tobytes()


def test_wordings_are_many() -> None:
    environment = environments.make("metaworld/drawer-open-v3@wordings", cameras=())
    said = set()
    for seed in range(40):
        environment.reset(seed)
        said.add(read_instruction(environment))
    assert len(said) > 20
    assert all("drawer" in text for text in said)


def test_a_family_without_rungs_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("kinitro.environments.metaworld.rungs")
    with pytest.raises(UnknownEnvironment, match="metaworld/push-v3 has no rung 'delay': it has none"):
        environments.get_spec("metaworld/push-v3@delay")


@pytest.mark.parametrize("task", ["reach", "push", "pick-place"])
def test_choices_say_which_is_meant(task: str) -> None:
    """Of two goals, and of two pucks, that differ along the axis which the words name."""
    environment = environments.make(f"metaworld/{task}-v3@choices", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    said = set()
    for seed in range(30):
        environment.reset(seed)
        factors, instruction = environment.privileged_factors(), environment.read_instruction()
        goal, second = factors["placement"]["goal"], factors["rung choices"]["second goal"]
        x, y = np.array(goal)[:2] - np.array(second)[:2]
        words = {
            "on the right": x > 0,
            "on the left": x < 0,
            "farther from the robot": y > 0,
            "nearer to the robot": y < 0,
        }
        named = next(word for word in words if instruction.endswith(f"the goal {word}"))
        assert words[named]
        assert max(abs(x), abs(y)) > 0.05
        said.add(named)
    assert len(said) >= 3


def test_the_wrong_puck_is_no_success() -> None:
    """The second puck at the goal solves nothing."""
    environment = environments.make("metaworld/push-v3@choices", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    environment.reset(1)
    task = environment._task
    address = int(task.model.jnt_qposadr[task.model.joint("@second puck's joint").id])
    task.data.qpos[address : address + 3] = task.read_goal()
    assert not environment.step((0, 0, 0, -1)).success


def test_a_moved_goal_is_where_the_marker_is() -> None:
    environment = environments.make("metaworld/reach-v3@moved", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    environment.reset(2)
    before = environment.privileged_state()[36:39]
    moved = environment.privileged_factors()["rung moved"]
    for _ in range(int(moved["goal moves after step"])):
        assert np.array_equal(environment.privileged_state()[36:39], before)
        environment.step((0, 0, 0, -1))
    after = environment.privileged_state()[36:39]
    assert np.abs(after - before)[:2].max() > 0.05
    assert np.allclose(after, moved["new goal"], atol=1e-3)
    task = environment._task
    assert np.allclose(task.data.site("goal").xpos, after, atol=1e-9)


@pytest.mark.parametrize("task", ["push", "pick-place"])
def test_a_puck_has_one_of_many_shapes(task: str) -> None:
    """One is seen, and the same one touches; the puck weighs what it weighs."""
    environment = environments.make(f"metaworld/{task}-v3@sizes", cameras=())
    plain = environments.make(f"metaworld/{task}-v3", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    assert isinstance(plain, MetaWorldEnvironment)
    shapes = set()
    for seed in range(30):
        environment.reset(seed)
        plain.reset(seed)
        model = environment._task.model
        puck = model.body("obj").id
        own = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == puck]
        seen = [geom for geom in own if model.geom_rgba[geom, 3] > 0]
        assert seen == [geom for geom in own if model.geom_contype[geom] or model.geom_conaffinity[geom]]
        assert len(seen) == 1
        shapes.add(model.geom(seen[0]).name)
        assert model.body_mass[puck] == plain._task.model.body("obj").mass[0]
        # it comes to rest a hair higher or lower
        places = [one.privileged_factors()["placement"]["object"] for one in (environment, plain)]
        assert np.allclose(*places, atol=1e-3)
    assert len(shapes) >= 6


@pytest.mark.parametrize("task", [spec.task_name for spec in environments.scored_specs()])
@pytest.mark.parametrize("rung", ["distractors", "occluders"])
def test_what_stands_around_touches_nothing(task: str, rung: str) -> None:
    """It is shown, keeps clear of hand, object and goal, and has no contacts."""
    name = next(spec.id for spec in environments.scored_specs() if spec.task_name == task)
    environment = environments.make(f"{name}@{rung}", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    for seed in range(10):
        environment.reset(seed)
        model = environment._task.model
        shown = {
            model.body(model.geom_bodyid[geom]).name: geom
            for geom in range(model.ngeom)
            if model.body(model.geom_bodyid[geom]).name.startswith("@") and model.geom_rgba[geom, 3] > 0
        }
        drawn = environment.privileged_factors()[f"rung {rung}"]
        assert shown.keys() == {key for key in drawn if key.startswith("@")}
        assert shown or rung == "occluders"
        for geom in shown.values():
            assert not model.geom_contype[geom]
            assert not model.geom_conaffinity[geom]
