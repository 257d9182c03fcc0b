"""Import of MuJoCo that succeeds whatever the variable `MUJOCO_GL` says.

`import mujoco` fails if that variable names an OpenGL that this machine does not have, or something that is not an
OpenGL. Simulation and the software renderer need none, so MuJoCo is then imported without it. Always import it from
here, and before MetaWorld, which imports it too:

>>> from kinitro.environments.mujoco_import import mujoco
"""

from __future__ import annotations

import importlib
import os

VARIABLES = ("MUJOCO_GL", "PYOPENGL_PLATFORM")
"""They say which OpenGL to load. MuJoCo sets the second one from the first, and leaves it set if the import fails."""


def _import_mujoco() -> str | None:
    """Import MuJoCo; return why OpenGL had to be left out, or None if it did not."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    try:
        importlib.import_module("mujoco")
    except Exception as error:  # OpenGL's bindings raise whatever a missing library leads to, often AttributeError
        failure = str(error) or type(error).__name__
    else:
        return None
    os.environ["MUJOCO_GL"] = "disable"
    try:
        importlib.import_module("mujoco")
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
    return f"MUJOCO_GL is {before['MUJOCO_GL']!r}, but that OpenGL cannot be loaded: {failure}"


GL_FAILURE = _import_mujoco()
"""Why MuJoCo was imported without OpenGL; None if it was imported as the environment says."""

import mujoco  # noqa: E402

__all__ = ["GL_FAILURE", "mujoco"]
