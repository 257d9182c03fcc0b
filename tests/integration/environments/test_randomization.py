"""Randomization does what its laws say, never accumulates, and keeps physics, looks and placement apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from kinitro import environments
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.environments.metaworld.task import MetaWorldTask
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.randomization import GROUPS, LEVELS, Level, NominalModel, Variation, get_level
from kinitro.environments.randomization.appearance import (
    CameraPose,
    FieldOfView,
    LightDirection,
    LightIntensity,
    TextureScale,
    TextureSwap,
    Tint,
    assign_parts,
)
from kinitro.environments.randomization.physics import ActuatorGain, Damping, Friction, Mass
from kinitro.errors import ConfigurationError


@pytest.fixture(scope="module")
def task() -> MetaWorldTask:
    return MetaWorldTask("basketball")


@pytest.fixture
def model(task: MetaWorldTask) -> Iterator[Any]:
    nominal = NominalModel(task.model)
    yield task.model
    nominal.restore()


def vary(variation: Variation, model: Any, random: np.random.Generator) -> None:
    variation.apply(model, variation.draw(model, random))


def everything(model: Any) -> bytes:
    buffer = np.empty(mujoco.mj_sizeModel(model), np.uint8)
    mujoco.mj_saveModel(model, None, buffer)
    return buffer.tobytes()


@pytest.mark.parametrize("level", ["standard", "hard"])
def test_the_snapshot_restores_every_byte(task: MetaWorldTask, level: str) -> None:
    nominal, before = NominalModel(task.model), everything(task.model)
    random = np.random.default_rng(0)
    for variation in (*LEVELS[level].physics, *LEVELS[level].appearance):
        vary(variation, task.model, random)
    mujoco.mj_setConst(task.model, task.data)
    task.place(random)
    assert everything(task.model) != before
    nominal.restore()
    assert everything(task.model) == before


FIELDS: list[tuple[Variation, set[str]]] = [
    (Friction(0.2), {"geom_friction"}),
    (Damping(0.2), {"dof_damping"}),
    (Mass(0.2), {"body_mass", "body_inertia"}),
    (ActuatorGain(0.2), {"actuator_gainprm", "actuator_biasprm"}),
    (LightDirection(0.3), {"light_dir"}),
    (LightIntensity(0.2), {"light_diffuse"}),
    (CameraPose(0.03, 0.005, 0.03), {"cam_pos", "cam_quat"}),
    (FieldOfView(2.0), {"cam_fovy"}),
    (Tint("surroundings", 0.2), {"mat_rgba"}),
    (Tint("robot", 0.2), {"geom_rgba"}),
    (TextureSwap(1.0), {"mat_texid"}),
    (TextureScale(0.2), {"mat_texrepeat"}),
]


@pytest.mark.parametrize(("variation", "fields"), FIELDS, ids=lambda value: type(value).__name__)
def test_a_variation_changes_its_own_property_and_no_other(model: Any, variation: Variation, fields: set[str]) -> None:
    names = [name for name in dir(model) if isinstance(getattr(model, name), np.ndarray)]
    before = {name: getattr(model, name).copy() for name in names}
    vary(variation, model, np.random.default_rng(1))
    assert {name for name in names if before[name].tobytes() != getattr(model, name).tobytes()} == fields


@pytest.mark.parametrize(
    ("variation", "field"),
    [
        (Friction(0.2), "geom_friction"),
        (Damping(0.2), "dof_damping"),
        (Mass(0.2), "body_mass"),
        (Mass(0.2), "body_inertia"),
    ],
)
def test_factors_fill_their_range(task: MetaWorldTask, variation: Variation, field: str) -> None:
    nominal, random, found = NominalModel(task.model), np.random.default_rng(2), []
    before = getattr(task.model, field).copy()
    for _ in range(200):
        vary(variation, task.model, random)
        ratio = getattr(task.model, field)[before > 0] / before[before > 0]
        found += [ratio.min(), ratio.max()]
        nominal.restore()
    assert 0.8 <= min(found) < 0.81
    assert 1.19 < max(found) <= 1.2


def test_mass_and_inertia_change_together_and_derived_values_follow() -> None:
    environment = environments.make("metaworld/push-v3", cameras=())
    assert isinstance(environment, MetaWorldEnvironment)
    nominal_mass = environment._task.model.body_mass.copy()
    nominal_inertia = environment._task.model.body_inertia.copy()
    environment.reset(0)
    model = environment._task.model
    heavy = nominal_mass > 0
    factor = model.body_mass[heavy] / nominal_mass[heavy]
    assert np.allclose(model.body_inertia[heavy], nominal_inertia[heavy] * factor[:, None])
    assert model.body_subtreemass[0] == pytest.approx(model.body_mass.sum())
    environment.close()


def test_cameras_stay_near_and_upright(model: Any) -> None:
    positions, quaternions = model.cam_pos.copy(), model.cam_quat.copy()
    vary(CameraPose(fixed_m=0.03, hand_m=0.005, rotation_rad=0.03), model, np.random.default_rng(3))
    moved = np.abs(model.cam_pos - positions).max(axis=1)
    assert (moved <= np.where(model.cam_bodyid == 0, 0.03, 0.005)).all()
    assert moved.max() > 0.01
    cosine = np.abs((model.cam_quat * quaternions).sum(axis=1))
    assert np.allclose(np.linalg.norm(model.cam_quat, axis=1), 1)
    assert 2 * np.arccos(cosine.clip(-1, 1)).max() <= 0.03 * np.sqrt(3) + 1e-9


def test_lights_stay_directions(model: Any) -> None:
    vary(LightDirection(0.6), model, np.random.default_rng(4))
    assert np.allclose(np.linalg.norm(model.light_dir, axis=1), 1)


def test_goal_markers_keep_their_colours(task: MetaWorldTask, model: Any) -> None:
    """The basket is a goal too: it hangs on a body that is named so."""
    inside = assign_parts(model) == "marker"
    assert inside.any()
    colours, sites = model.geom_rgba[inside].copy(), model.site_rgba.copy()
    random = np.random.default_rng(5)
    for variation in LEVELS["hard"].appearance:
        vary(variation, model, random)
    assert np.array_equal(model.geom_rgba[inside], colours)
    assert np.array_equal(model.site_rgba, sites)


def digests(level: Level | None, randomization: str = "standard") -> list[bytes]:
    environment = environments.make("metaworld/push-v3", cameras=(), randomization=randomization)
    assert isinstance(environment, MetaWorldEnvironment)
    if level is not None:
        environment._level = level
    environment.reset(8)
    found = [environment.digest()]
    for action in np.random.default_rng(8).uniform(-1, 1, (30, 4)):
        environment.step(action)
        found.append(environment.digest())
    environment.close()
    return found


def test_looks_do_not_change_physics() -> None:
    standard = LEVELS["standard"]
    assert digests(Level(physics=standard.physics)) == digests(standard)
    assert digests(Level(standard.physics, LEVELS["hard"].appearance)) == digests(standard)


def test_levels_differ_in_physics_and_share_the_placement() -> None:
    found = [digests(None, level) for level in LEVELS]
    assert len({trajectory[-1] for trajectory in found}) == len(LEVELS)
    targets = []
    for level in LEVELS:
        environment = environments.make("metaworld/push-v3", cameras=(), randomization=level)
        assert isinstance(environment, MetaWorldEnvironment)
        environment.reset(8)
        targets.append(environment._task._stock._target_pos[:2].tolist())
        environment.close()
    assert targets[0] == targets[1] == targets[2]


def test_placements_are_always_fresh() -> None:
    environment = environments.make("metaworld/pick-place-v3", cameras=(), randomization="none")
    starts = set()
    for seed in range(40):
        environment.reset(seed)
        starts.add(environment.digest())
    assert len(starts) == 40
    environment.close()


def vary_all(model: Any, level: Level) -> None:
    level.apply(model, np.random.default_rng(6), np.random.default_rng(7))


def arrays(model: Any) -> dict[str, np.ndarray]:
    names = {field for _, fields in FIELDS for field in fields}
    return {name: getattr(model, name).copy() for name in sorted(names)}


@pytest.mark.parametrize("name", ["standard", "hard"])
def test_a_group_alone_has_the_values_of_the_whole_level_and_the_rest_is_nominal(
    task: MetaWorldTask, name: str
) -> None:
    nominal, untouched = NominalModel(task.model), arrays(task.model)
    vary_all(task.model, get_level(name))
    whole = arrays(task.model)
    nominal.restore()
    changed: dict[str, set[str]] = {}
    for group in GROUPS:
        vary_all(task.model, get_level(f"{name}:{group}"))
        alone = arrays(task.model)
        nominal.restore()
        changed[group] = {field for field in alone if not np.array_equal(alone[field], untouched[field])}
        for field in alone:
            assert np.array_equal(alone[field], (whole if field in changed[group] else untouched)[field])
    assert all(changed.values())
    assert sum(map(len, changed.values())) == len(set().union(*changed.values()))
    assert set().union(*changed.values()) == {
        field for field in whole if not np.array_equal(whole[field], untouched[field])
    }


@pytest.mark.parametrize("group", GROUPS)
def test_an_episode_with_one_group_is_a_function_of_its_seed(group: str) -> None:
    def play(environment: MetaWorldEnvironment, seed: int) -> tuple[bytes, str, bytes]:
        environment.reset(seed)
        pixels = b"".join(image.tobytes() for image in environment.observe().pixels.values())
        for action in np.random.default_rng(8).uniform(-1, 1, (5, 4)):
            environment.step(action)
        return environment.digest(), json.dumps(environment.privileged_factors()), pixels

    one, other, whole = (
        environments.make("metaworld/push-v3", randomization=level)
        for level in (f"hard:{group}", f"hard:{group}", "hard")
    )
    assert isinstance(one, MetaWorldEnvironment)
    assert isinstance(other, MetaWorldEnvironment)
    assert isinstance(whole, MetaWorldEnvironment)
    forth, back = [play(one, seed) for seed in (3, 4)], [play(other, seed) for seed in (4, 3)]
    assert forth == back[::-1]
    assert forth[0] != forth[1]
    play(whole, 3)
    drawn = json.loads(forth[0][1])
    assert drawn.keys() == {"placement", group}
    assert drawn[group] == whole.privileged_factors()[group]


def test_the_factors_are_those_of_the_model() -> None:
    environment = environments.make("metaworld/drawer-open-v3", randomization="hard")
    assert isinstance(environment, MetaWorldEnvironment)
    assert environment.privileged_factors() == {}
    model = environment._task.model
    before = {name: array.copy() for name, array in arrays(model).items()}
    environment.reset(5)
    drawn = environment.privileged_factors()
    assert drawn.keys() == {"placement", *GROUPS}
    assert drawn["placement"]["hand"] == pytest.approx(environment.observe().agent_pos[:3], abs=1e-4)
    body = model.body("rightclaw").id
    assert model.body_mass[body] / before["body_mass"][body] == pytest.approx(drawn["mass"]["rightclaw"], rel=1e-3)
    joint = model.joint("r_close").dofadr[0]
    ratio = model.dof_damping[joint] / before["dof_damping"][joint]
    assert ratio == pytest.approx(drawn["friction and damping"]["damping of r_close"], rel=1e-3)
    camera = model.camera("gripperPOV").id
    assert set(drawn["cameras"]) == {
        f"{what} of {name}" for what in ("pose", "field of view") for name in ("corner", "corner4", "gripper")
    }
    moved = model.cam_pos[camera] - before["cam_pos"][camera]
    pose = drawn["cameras"]["pose of gripper"]
    assert isinstance(pose, list)
    assert moved == pytest.approx(pose[:3], abs=1e-5)
    environment.step([1, 1, 1, 1])
    assert environment.privileged_factors() == drawn
    environment.close()


def test_the_factors_of_an_episode_are_small() -> None:
    for spec in environments.scored_specs():
        environment = environments.make(spec.id, randomization="hard")
        assert isinstance(environment, MetaWorldEnvironment)
        environment.reset(1)
        assert 1000 < len(json.dumps(environment.privileged_factors(), separators=(",", ":"))) < 2400
        environment.close()


@pytest.mark.parametrize("name", ["wild", "none:lights", "standard:", "standard:light", ":lights", "hard:lights:mass"])
def test_a_level_that_does_not_exist_is_one_sentence(name: str) -> None:
    with pytest.raises(ConfigurationError, match="choose none, standard, hard, or one group"):
        get_level(name)
