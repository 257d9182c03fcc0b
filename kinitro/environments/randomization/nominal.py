"""The values a model was compiled with, so that randomization never accumulates."""

from __future__ import annotations

from typing import Any

import numpy as np

ASSETS = ("mesh_", "tex_", "bvh_", "oct_", "hfield_", "skin_", "flex_", "names", "text_", "paths")
"""Prefixes of the large arrays that no variation may touch: they would cost 20 MB per copy."""
VISUAL_PARTS = ("ambient", "diffuse", "specular")


class NominalModel:
    """A snapshot of every array of a model except its assets, and of the headlight."""

    def __init__(self, model: Any) -> None:
        arrays = {name: getattr(model, name) for name in dir(model) if not name.startswith(("_", *ASSETS))}
        headlight = [getattr(model.vis.headlight, part) for part in VISUAL_PARTS]
        live = [array for array in arrays.values() if isinstance(array, np.ndarray) and array.size] + headlight
        self._values = [(array, array.copy()) for array in live]

    def restore(self) -> None:
        """Give the model back the values that it had when the snapshot was taken."""
        for live, nominal in self._values:
            live[...] = nominal
