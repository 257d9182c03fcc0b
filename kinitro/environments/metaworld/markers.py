"""Goal markers: sites of the model that show where the target is, from the first frame on.

A policy sees no coordinates, so that the marker is often its only cue. MetaWorld writes the positions of markers into
MjData, where the next `mj_forward` overwrites them, or into the model but in the wrong frame. Here they are written
into the model, in the frame of the body that the site belongs to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kinitro.environments.mujoco_import import mujoco

MIN_RADIUS_M = 0.02
"""Least radius of spherical markers. Some have 5 mm in MetaWorld, less than a pixel in an image of 84 pixels. With 2 cm
they are about two by two pixels large, like MetaWorld's larger markers."""
POSITION_TOLERANCE_M = 1e-6
"""A marker this close to the target is left where it is."""
MARKER_OF_TASK = {
    "box-close": "goal",
    "door-open": "goal",
    "handle-press": "goalPress",
    "handle-press-side": "goalPress",
    "handle-pull": "goalPull",
    "handle-pull-side": "goalPull",
    "pick-out-of-hole": "goal",
}
"""The marker of a task by name, for tasks for which MetaWorld names none, or puts it elsewhere than the target."""


class GoalMarkers:
    """The markers of one task. A scene may hold markers of other tasks too; those are hidden."""

    def __init__(self, task_name: str, stock: Any) -> None:
        self._stock = stock
        self._model = model = stock.model
        self._marker = MARKER_OF_TASK.get(task_name)
        names = [model.site(site).name for site in range(model.nsite)]
        self._marker_names = {name for name in names if "goal" in name.lower() or name == "pegTop"}
        self._sites = {name: site for site, name in enumerate(names)}
        spheres = [site for name, site in self._sites.items() if name in self._marker_names and _is_sphere(model, site)]
        model.site_size[spheres] = np.maximum(model.site_size[spheres], MIN_RADIUS_M)

    def place(self) -> None:
        """Show the markers where this episode's target is. Call it after `mj_forward`; it changes no physics."""
        data, stock = self._stock.data, self._stock
        shown = {self._marker: stock._target_pos} if self._marker else dict(stock._target_site_config)
        for name, position in shown.items():
            self._move(self._sites[name], np.asarray(position)[:3])
        if shown:
            hidden = [self._sites[name] for name in self._marker_names - shown.keys()]
            self._model.site_rgba[hidden, 3] = 0.0
        # the positions of sites in MjData follow from the model
        mujoco.mj_kinematics(self._model, data)

    def _move(self, site: int, position: Any) -> None:
        """Put a site at a position (3,) in the world frame, in metres, unless it is there already.

        A site that is in place keeps its bits, because MetaWorld may read its position back.
        """
        model, data = self._model, self._stock.data
        if np.abs(data.site_xpos[site] - position).max() < POSITION_TOLERANCE_M:
            return
        body = model.site_bodyid[site]
        model.site_pos[site] = (position - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
        model.site_sameframe[site] = mujoco.mjtSameFrame.mjSAMEFRAME_NONE


def _is_sphere(model: Any, site: int) -> bool:
    """Whether a site has the shape of a sphere."""
    return bool(model.site_type[site] == mujoco.mjtGeom.mjGEOM_SPHERE)
