"""A snapshot of a model's nominal values, from which every episode starts, so that randomization never accumulates."""

from __future__ import annotations

from typing import Any

import numpy as np

ASSETS = ("mesh_", "tex_", "bvh_", "oct_", "hfield_", "skin_", "flex_", "names", "text_", "paths")
"""Prefixes of the names of large arrays that no variation may change: a copy of them would take 20 MB."""
HEADLIGHT = ("ambient", "diffuse", "specular")
"""Parts of `model.vis.headlight`."""
STATISTICS = ("meaninertia", "meanmass", "meansize", "extent")
"""Fields of `model.stat`: `mj_setConst` derives them too, and the solver scales its tolerance by one of them."""


class NominalModel:
    """A snapshot of every array of a model except its assets, of the headlight, and of the model's statistics."""

    def __init__(self, model: Any) -> None:
        arrays = [getattr(model, name) for name in dir(model) if not name.startswith(("_", *ASSETS))]
        arrays += [getattr(model.vis.headlight, part) for part in HEADLIGHT] + [model.stat.center]
        live = [array for array in arrays if isinstance(array, np.ndarray) and array.size]
        self._arrays = [(array, array.copy()) for array in live]
        self._model = model
        self._statistics = {name: getattr(model.stat, name) for name in STATISTICS}

    def restore(self) -> None:
        """Set the model back to the values that it had when the snapshot was taken, to the byte."""
        for live, nominal in self._arrays:
            live[...] = nominal
        for name, value in self._statistics.items():
            setattr(self._model.stat, name, value)
