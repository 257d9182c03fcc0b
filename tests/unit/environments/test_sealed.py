"""The rung `sealed`: episodes follow from seed and pack, and another pack makes other episodes of another version."""

from __future__ import annotations

import copy
import pickle

import msgspec
import numpy as np
import pytest

from kinitro import environments
from kinitro.environments.interface import read_instruction
from kinitro.environments.metaworld.environment import MetaWorldEnvironment
from kinitro.environments.packs.directory import SealedPack
from kinitro.environments.packs.format import digest_pack, encode_pack
from kinitro.environments.packs.making import PackSizes, make_pack
from kinitro.environments.packs.versions import bind_version
from kinitro.errors import ConfigurationError
from tests.unit.environments.test_rungs import run_on

SIZES = PackSizes(textures=12, distractors=8, shapes=4, wordings=4)
INSTRUCTIONS = {spec.task_name: spec.instruction for spec in environments.scored_specs()}
CAMERAS = ("corner", "corner4", "gripper")


def seal(seed: bytes, **changes: object) -> SealedPack:
    pack = msgspec.structs.replace(make_pack(seed, INSTRUCTIONS, sizes=SIZES), **changes)
    return SealedPack(digest_pack(encode_pack(pack)), pack)


PACK, OTHER = seal(b"a" * 32), seal(b"b" * 32)


def make(name: str, pack: SealedPack = PACK, cameras: tuple[str, ...] = ()) -> MetaWorldEnvironment:
    environment = environments.make(f"metaworld/{name}-v3@sealed", cameras=cameras, pack=pack)
    assert isinstance(environment, MetaWorldEnvironment)
    return environment


def play(name: str, pack: SealedPack = PACK, seed: int = 7) -> list[object]:
    environment = make(name, pack, CAMERAS)
    environment.reset(seed)
    return run_on(environment)


@pytest.mark.parametrize("name", ["push", "drawer-open"])
def test_an_episode_depends_on_its_seed_and_the_pack_only(name: str) -> None:
    """In another object, after other episodes and packs, in a copy made in the middle: always the same."""
    expected = play(name)
    play(name, OTHER)
    environment = make(name, cameras=CAMERAS)
    for seed in (99, 7):
        environment.reset(seed)
        seen = run_on(environment)
    assert seen == expected
    environment.reset(7)
    run_on(environment, 6)
    for twin in (copy.deepcopy(environment), pickle.loads(pickle.dumps(environment))):
        ahead = copy.deepcopy(environment)
        assert run_on(twin, 3) == run_on(ahead, 3)


def test_another_pack_shows_and_says_something_else_and_has_another_version() -> None:
    mine, theirs = make("push"), make("push", OTHER)
    base = environments.get_spec("metaworld/push-v3@sealed").version
    assert mine.spec.version == bind_version(base, PACK.digest)
    assert theirs.spec.version == bind_version(base, OTHER.digest)
    for one, other in zip(play("push")[1:-1], play("push", OTHER)[1:-1], strict=True):
        assert all(mine != theirs for mine, theirs in zip(one[1], other[1], strict=True))


@pytest.mark.parametrize("level", ["none", "standard", "hard"])
@pytest.mark.parametrize("name", ["drawer-open", "peg-insert", "button-press"])
def test_where_no_puck_is_the_physics_are_those_without_the_rung(name: str, level: str) -> None:
    """To the bit: what a pack adds touches nothing."""
    sealed = environments.make(f"metaworld/{name}-v3@sealed", cameras=(), randomization=level, pack=PACK)
    plain = environments.make(f"metaworld/{name}-v3", cameras=(), randomization=level)
    random = np.random.default_rng(3)
    for seed in range(3):
        sealed.reset(seed)
        plain.reset(seed)
        for action in random.uniform(-1, 1, (40, 4)):
            assert sealed.digest() == plain.digest()
            assert sealed.step(action) == plain.step(action)


def test_a_pack_without_shapes_leaves_a_puck_alone() -> None:
    sealed, plain = make("push", seal(b"a" * 32, shapes=())), environments.make("metaworld/push-v3", cameras=())
    sealed.reset(1)
    plain.reset(1)
    for action in np.random.default_rng(3).uniform(-1, 1, (40, 4)):
        assert sealed.step(action) == plain.step(action)
        assert sealed.digest() == plain.digest()


@pytest.mark.parametrize("name", ["push", "pick-place"])
def test_a_puck_has_one_of_the_shapes_which_alone_is_seen_and_touched(name: str) -> None:
    environment = make(name)
    model = environment._task.model
    body = model.body("obj")
    drawn = set()
    for seed in range(25):
        environment.reset(seed)
        shape = str(environment.privileged_factors()["rung sealed"]["shape"])
        drawn.add(shape)
        geoms = range(int(body.geomadr[0]), int(body.geomadr[0] + body.geomnum[0]))
        seen = [model.geom(geom).name for geom in geoms if model.geom_rgba[geom, 3] > 0]
        touched = [model.geom(geom).name for geom in geoms if model.geom_contype[geom]]
        assert seen == touched == [shape]
        for _ in range(5):
            environment.step((0, 0, 0, -1))
        height = environment.privileged_state()[6]
        assert 0 < height < 0.03, "it lies on the table"
    assert len(drawn) == SIZES.shapes


def test_instructions_are_those_of_the_pack() -> None:
    environment = make("drawer-open")
    said = set()
    for seed in range(40):
        environment.reset(seed)
        said.add(read_instruction(environment))
    assert said == set(PACK.content.wordings["drawer-open"])


def test_a_task_without_wordings_keeps_its_own() -> None:
    environment = make("drawer-open", seal(b"a" * 32, wordings={}))
    environment.reset(1)
    assert read_instruction(environment) == environment.spec.instruction


@pytest.mark.parametrize("others", ["cameras@delay@distractors@{}@textures@wordings", "choices@{}", "{}@sizes"])
def test_it_goes_together_with_other_rungs(others: str) -> None:
    """Of a puck there is one, whichever rung says what it is like."""
    env_id = f"metaworld/push-v3@{others.format('sealed')}"
    environment = environments.make(env_id, cameras=("corner",), pack=PACK)
    assert isinstance(environment, MetaWorldEnvironment)
    environment.reset(3)
    assert environment.observe().pixels["corner"].std() > 0
    model = environment._task.model
    geoms = np.flatnonzero(model.geom_bodyid == model.body("obj").id)
    assert (model.geom_contype[geoms] != 0).sum() == (model.geom_rgba[geoms, 3] > 0).sum() == 1


def test_without_a_pack_or_with_one_too_many_is_one_sentence() -> None:
    with pytest.raises(ConfigurationError, match="push-v3@sealed draws from a sealed pack, and none was given: give"):
        environments.make("metaworld/push-v3@sealed")
    with pytest.raises(ConfigurationError, match="push-v3@delay draws from no pack, and one was given"):
        environments.make("metaworld/push-v3@delay", pack=PACK)


@pytest.mark.parametrize(
    "name", [spec.base_id.split("/")[1].removesuffix("-v3") for spec in environments.scored_specs()]
)
def test_what_lies_around_hides_neither_object_nor_goal(name: str) -> None:
    """At the pixels of both, one of the fixed cameras sees the same with the pack's distractors and without."""
    environment = make(name, cameras=("corner", "corner4"))
    for seed in range(4):
        environment.reset(seed)
        drawn = environment.privileged_factors()
        assert [key for key in drawn["rung sealed"] if key.startswith("@sealed body")]
        shown = environment.observe().pixels
        model = environment._task.model
        bodies = [body for body in range(model.nbody) if model.body(body).name.startswith("@sealed body")]
        model.geom_rgba[model.body_geomadr[bodies], 3] = 0.0
        environment._scene_is_new = True
        alone = environment.observe().pixels
        assert any((shown[camera] != alone[camera]).any() for camera in shown), "distractors are seen"
        spots = [drawn["placement"][what] for what in ("object", "goal") if what in drawn["placement"]]
        for spot in spots:
            same = []
            for camera, places in environment.privileged_pixels([spot]).items():
                size = shown[camera].shape[0]
                column, row = ((places[0, :2] + 1) / 2 * size).astype(int).clip(0, size - 1)
                same.append((shown[camera][row, column] == alone[camera][row, column]).all())
            assert any(same)
