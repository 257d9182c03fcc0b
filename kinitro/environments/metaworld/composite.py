"""Several of MetaWorld's tasks in one scene: MetaWorld's own objects, each of which sees its part of the scene.

The scene is that of the first task with the things of the others beside them, moved to the right or left. Every part
has a `MetaWorldTask` of its own with MetaWorld's scene. It draws the placement, which is copied to the common scene;
and it tells reward and the expert's state from the positions in the common scene, which are copied back to it.
Its coordinates are those of MetaWorld: what stands 20 cm to the right of its place there is at that place for the part.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments.interface import Factor
from kinitro.environments.metaworld.arm import Action, Arm
from kinitro.environments.metaworld.compositions import COMPOSITIONS, KEPT, MARKED, Part
from kinitro.environments.metaworld.models import Extension, make_model, release_textures
from kinitro.environments.metaworld.success import SUCCESS_CONDITIONS
from kinitro.environments.metaworld.task import MetaWorldTask
from kinitro.environments.mujoco_import import mujoco

ROBOT_AND_TABLE: Final = ("tablelink", "RetainingWall", "base", "mocap")
"""The bodies of the world that all of MetaWorld's scenes have."""
IN_DRAWER_M: Final = np.array([0.0, 0.0, -0.02])
"""From the origin of a drawer to the goal in it. All places within the 7 cm of `pick-place` are between its walls, 7.4
and 8.4 cm away, and below their rim, 6 cm above the origin."""
REWARD_OF_A_PART: Final = 10.0
"""What MetaWorld's rewards are at most, and what they are in a part that is done."""


class CompositeTask(Arm):
    """A composition, with the interface of `MetaWorldTask`.

    name:      of COMPOSITIONS.
    extension: what is added to the scene before it is compiled; None adds nothing.
    """

    def __init__(self, name: str, extension: Extension | None = None) -> None:
        parts = COMPOSITIONS[name].parts
        self._tasks = [MetaWorldTask(part.task) for part in parts]
        model = make_model(
            self._tasks[0].scene_path,
            copied=next(_count_models(name, extension)) > 0,
            extension=_extend(name, tuple(task.scene_path for task in self._tasks), extension),
        )
        weld = self._tasks[0].model.eq_data  # MetaWorld sets how the hand hangs on its target, in Python
        model.eq_data[: len(weld)] = weld
        super().__init__(model, mujoco.MjData(model), self._tasks[0].step_m)
        prefixes = {part.task: "" if number == 0 else _prefix(part) for number, part in enumerate(parts)}
        self._parts = [
            _Mirror(task, part, self, prefixes[part.task]) for part, task in zip(parts, self._tasks, strict=True)
        ]
        for part, mirror in zip(parts, self._parts, strict=True):
            if part.into:
                mirror.drawer = self.data.body(prefixes[part.into] + "drawer_link").xpos
        self.done = 0

    def place(self, random: np.random.Generator) -> None:
        """Draw a placement for each part and put everything there. Raises SimulationFailed."""
        model, data = self.model, self.data
        mujoco.mj_resetData(model, data)
        for number, (task, part) in enumerate(zip(self._tasks, self._parts, strict=True)):
            task.place(random)
            part.put(with_arm=number == 0)
        first = self._tasks[0].data
        data.mocap_pos[0], data.mocap_quat[0] = first.mocap_pos[0], first.mocap_quat[0]
        data.ctrl[:] = first.ctrl
        limits = [task.hand_limits for task in self._tasks]
        self.hand_limits = (
            np.min([low for low, _ in limits], axis=0).tolist(),
            np.max([high for _, high in limits], axis=0).tolist(),
        )
        mujoco.mj_forward(model, data)
        self.done = 0
        self.check_warnings()

    def evaluate(self, action: Action, rewards: bool) -> tuple[float, bool]:
        """Return the reward and whether all parts are done, in the present state, after `action`.

        A part is done when it is solved and those before it are done. It is undone when its result is lost: when what
        has to be near the target is farther away than KEPT allows. The reward is REWARD_OF_A_PART for each part that is
        done, and MetaWorld's reward of the next one; 0 if `rewards` is False.
        """
        for number in range(self.done):
            if self._parts[number].is_lost():
                self.done = number
                break
        while self.done < len(self._parts) and self._parts[self.done].is_solved():
            self.done += 1
        solved = self.done == len(self._parts)
        if not rewards:
            return 0.0, solved
        reward = self.done * REWARD_OF_A_PART
        if not solved:
            self._parts[self.done].see()
            reward += self._tasks[self.done].evaluate(action, rewards=True)[0]
        return reward, solved

    def read_state(self) -> npt.NDArray[np.float64]:
        """Return MetaWorld's state, float64 (39,), of the next part, in the part's coordinates."""
        part = min(self.done, len(self._parts) - 1)
        self._parts[part].see()
        state = self._tasks[part].read_state()
        if self._parts[part].drawer is not None:
            state[-3:] = self._tasks[part].read_goal()  # it lies outside of where MetaWorld has goals
        return state

    def read_placement(self) -> dict[str, Factor]:
        """Return where hand, objects and goals are, in metres in the world frame; call it after `place`."""
        found: dict[str, Factor] = {"hand": self._hand.tolist()}
        for task, part in zip(self._tasks, self._parts, strict=True):
            found[f"goal of {part.name}"] = part.read_goal().tolist()
            if isinstance(place := task.read_placement().get("object"), list):
                found[f"object of {part.name}"] = [place[0] + part.offset_m, *place[1:]]
        return found


class _Mirror:
    """What a part and the common scene tell each other; `prefix` is that of the part's names in the common scene."""

    def __init__(self, task: MetaWorldTask, part: Part, whole: CompositeTask, prefix: str) -> None:
        self.name, self.offset_m = part.task, part.x_m
        condition = SUCCESS_CONDITIONS[part.task]
        common_one = replace(condition, name=prefix + condition.name)
        self._is_reached = common_one.bind(whole.data)
        kept = KEPT.get(part.task)
        self._is_kept = replace(common_one, radius_m=kept * condition.radius_m).bind(whole.data) if kept else None
        self._goal = np.zeros(3)
        self._task, self._whole = task, whole
        self._offset = np.array([part.x_m, 0.0, 0.0])
        self.drawer: npt.NDArray[np.float64] | None = None
        """Where the drawer is in which the goal is, a view into the data of the common scene."""
        own, common = task.model, whole.model
        self._bodies = np.array([0, *_pair_bodies(own, common, prefix)])
        self._things = [
            body for body in range(1, own.nbody) if own.body(own.body_rootid[body]).name not in ROBOT_AND_TABLE
        ]
        self._geoms = _pair_parts(own.geom_bodyid, common.geom_bodyid, self._bodies)
        self._joints = _pair_parts(own.jnt_bodyid, common.jnt_bodyid, self._bodies)
        self._sites = _pair_sites(own, common, self._bodies, prefix)
        self._qpos = _list_addresses(own, common, self._joints, positions=True)
        self._qvel = _list_addresses(own, common, self._joints, positions=False)
        movable = np.isin(own.jnt_bodyid, self._things)
        self._things_qpos = np.flatnonzero(_expand(own.jnt_qposadr, own.nq, movable))
        self._things_qvel = np.flatnonzero(_expand(own.jnt_dofadr, own.nv, movable))
        # of free joints, the number that is x in the world frame
        free = np.flatnonzero(own.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
        self._free_x = own.jnt_qposadr[free]
        self._sites_of_world = np.flatnonzero(own.site_bodyid == 0)
        self._marked = part.task in MARKED and not part.into
        whole.model.site_size[self._sites] = own.site_size
        release_textures(own)

    def put(self, with_arm: bool) -> None:
        """Put the part's things, and the arm if it is to, where the part has placed them."""
        own, data = self._task.model, self._task.data
        common, all_data = self._whole.model, self._whole.data
        for body in self._things:
            place, turn = own.body_pos[body], own.body_quat[body]
            moved = self._offset if own.body_parentid[body] == 0 else 0.0
            common.body_pos[self._bodies[body]], common.body_quat[self._bodies[body]] = place + moved, turn
        qpos = data.qpos.copy()
        qpos[self._free_x] += self.offset_m
        positions, velocities = (slice(None), slice(None)) if with_arm else (self._things_qpos, self._things_qvel)
        all_data.qpos[self._qpos[positions]] = qpos[positions]
        all_data.qvel[self._qvel[velocities]] = data.qvel[velocities]
        self._goal = self._task.read_goal() + self._offset
        common.site_pos[self._sites], common.site_sameframe[self._sites] = own.site_pos, own.site_sameframe
        common.site_pos[self._sites[self._sites_of_world]] += self._offset
        for site in self._sites_of_world.tolist():
            common.site_rgba[self._sites[site], 3] = own.site_rgba[site, 3] if self._marked else 0.0

    def see(self) -> None:
        """Copy the positions in the common scene to the part."""
        data, common = self._task.data, self._whole.data
        data.xpos[1:] = common.xpos[self._bodies[1:]] - self._offset
        data.xquat[:], data.xmat[:] = common.xquat[self._bodies], common.xmat[self._bodies]
        data.geom_xpos[:] = common.geom_xpos[self._geoms] - self._offset
        data.geom_xmat[:] = common.geom_xmat[self._geoms]
        data.site_xpos[:] = common.site_xpos[self._sites] - self._offset
        data.site_xmat[:] = common.site_xmat[self._sites]
        data.qpos[:], data.qvel[:] = common.qpos[self._qpos], common.qvel[self._qvel]
        data.qpos[self._free_x] -= self.offset_m
        data.mocap_pos[0] = common.mocap_pos[0] - self._offset
        if self.drawer is not None:
            self._task.aim(self.read_goal() - self._offset)

    def is_solved(self) -> bool:
        """Whether MetaWorld's condition of success holds, computed from the common scene."""
        return self._is_reached(self.read_goal())

    def is_lost(self) -> bool:
        """Whether the part's result, which there was, is there no longer."""
        return self._is_kept is not None and not self._is_kept(self.read_goal())

    def read_goal(self) -> npt.NDArray[np.float64]:
        """Return where the goal is (3,), in metres in the world frame."""
        return self._goal if self.drawer is None else self.drawer + IN_DRAWER_M


def _prefix(part: Part) -> str:
    return f"{part.task} "


@functools.lru_cache(maxsize=256)
def _count_models(name: str, extension: Extension | None) -> Iterator[int]:  # noqa: ARG001 - a counter for each
    return itertools.count()


@functools.lru_cache(maxsize=256)
def _extend(name: str, paths: tuple[str, ...], extension: Extension | None) -> Extension:
    """Return what adds the things of all parts to the first one's scene, and then what `extension` adds."""
    first, *others = COMPOSITIONS[name].parts

    def extend(scene: Any) -> None:
        for body in scene.worldbody.bodies:
            if body.name not in ROBOT_AND_TABLE:
                body.pos = np.asarray(body.pos) + np.array([first.x_m, 0.0, 0.0])
        for part, path in zip(others, paths[1:], strict=True):
            attach(scene, part, path)
        if extension is not None:
            extension(scene)

    return extend


def attach(scene: Any, part: Part, path: str) -> None:
    """Add the things of a part, whose scene is in an XML file, to a mujoco.MjSpec: no second robot and no table."""
    child = mujoco.MjSpec.from_file(path)
    frame = scene.worldbody.add_frame(pos=(part.x_m, 0.0, 0.0))
    for body in child.worldbody.bodies:
        if body.name not in ROBOT_AND_TABLE:
            frame.attach_body(body, _prefix(part), "")
    for site in child.worldbody.sites:
        scene.worldbody.add_site(
            name=_prefix(part) + site.name, pos=site.pos, type=site.type, size=site.size, rgba=site.rgba
        )


def _pair_bodies(own: Any, common: Any, prefix: str) -> Iterator[int]:
    """Yield the number in the common scene of each body of a part but the world: they are in the same order."""
    roots = {own.body(body).name: body for body in range(1, own.nbody) if own.body_parentid[body] == 0}
    for body in range(1, own.nbody):
        root = int(own.body_rootid[body])
        name = own.body(root).name
        yield common.body(name if name in ROBOT_AND_TABLE else prefix + name).id + body - roots[name]


def _pair_parts(own: Any, common: Any, bodies: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the number in the common scene of each geom or joint of a part, from the bodies that they belong to."""
    found: list[int] = []
    for body in range(int(own.max(initial=0)) + 1):
        mine = np.flatnonzero(own == body)
        found += np.flatnonzero(common == bodies[body])[: len(mine)].tolist()
    return np.array(found, dtype=np.int64)


def _pair_sites(own: Any, common: Any, bodies: npt.NDArray[np.int64], prefix: str) -> npt.NDArray[np.int64]:
    """Return the number in the common scene of each site of a part; those of the world go by their names."""
    found = _pair_parts(own.site_bodyid, common.site_bodyid, bodies)
    for site in np.flatnonzero(own.site_bodyid == 0).tolist():
        found[site] = common.site(prefix + own.site(site).name).id
    return found


def _expand(addresses: npt.NDArray[np.int32], total: int, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return for each number of qpos, or qvel, whether its joint is chosen; joints lie one behind the other."""
    return np.repeat(chosen, np.diff([*addresses.tolist(), total]))


def _list_addresses(own: Any, common: Any, joints: npt.NDArray[np.int64], positions: bool) -> npt.NDArray[np.int64]:
    """Return where each number of a part's qpos, or qvel, stands in that of the common scene."""
    mine, theirs = (own.jnt_qposadr, common.jnt_qposadr) if positions else (own.jnt_dofadr, common.jnt_dofadr)
    total = own.nq if positions else own.nv
    found = np.zeros(total, dtype=np.int64)
    for joint, other in enumerate(joints.tolist()):
        end = int(mine[joint + 1]) if joint + 1 < len(mine) else total
        length = end - int(mine[joint])
        found[mine[joint] : end] = np.arange(theirs[other], theirs[other] + length)
    return found
