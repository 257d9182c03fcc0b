"""Goal markers: sites that show where the target is, from the first frame on.

A policy sees no coordinates, so the marker is often its only cue. MetaWorld writes the markers' positions into MjData,
where the next `mj_forward` overwrites them, or into the model in the wrong frame; here the model is changed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kinitro.environments.mujoco_import import mujoco

MIN_RADIUS_M = 0.02
"""Some markers are 5 mm: less than a pixel. This is about two by two pixels, as MetaWorld's larger markers are."""
PLACED_M = 1e-6
SHOWN = {
    "box-close": "goal",
    "door-open": "goal",
    "handle-press": "goalPress",
    "handle-press-side": "goalPress",
    "handle-pull": "goalPull",
    "handle-pull-side": "goalPull",
    "pick-out-of-hole": "goal",
}
"""The marker of tasks for which MetaWorld names none, or puts it elsewhere than the target."""


class GoalMarkers:
    """The markers of one task; those of other tasks in the same scene are hidden."""

    def __init__(self, task_name: str, stock: Any) -> None:
        self._stock = stock
        self._model = model = stock.model
        self._shown = SHOWN.get(task_name)
        names = [model.site(site).name for site in range(model.nsite)]
        self._marker_like = {name for name in names if "goal" in name.lower() or name == "pegTop"}
        self._sites = {name: site for site, name in enumerate(names)}
        spheres = [site for name, site in self._sites.items() if name in self._marker_like and _is_sphere(model, site)]
        model.site_size[spheres] = np.maximum(model.site_size[spheres], MIN_RADIUS_M)

    def place(self) -> None:
        """Show this episode's markers where the target is. Call after `mj_forward`; touches no physics."""
        data, stock = self._stock.data, self._stock
        shown = {self._shown: stock._target_pos} if self._shown else dict(stock._target_site_config)
        for name, position in shown.items():
            self._move(self._sites[name], np.asarray(position)[:3])
        if shown:
            hidden = [self._sites[name] for name in self._marker_like - shown.keys()]
            self._model.site_rgba[hidden, 3] = 0.0
        mujoco.mj_kinematics(self._model, data)

    def _move(self, site: int, position: Any) -> None:
        """Put a site at a position (3,) in the world, unless it is there already (MetaWorld may read it back)."""
        model, data = self._model, self._stock.data
        if np.abs(data.site_xpos[site] - position).max() < PLACED_M:
            return
        body = model.site_bodyid[site]
        model.site_pos[site] = (position - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
        model.site_sameframe[site] = mujoco.mjtSameFrame.mjSAMEFRAME_NONE


def _is_sphere(model: Any, site: int) -> bool:
    return bool(model.site_type[site] == mujoco.mjtGeom.mjGEOM_SPHERE)
