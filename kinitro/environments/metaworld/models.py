"""Compiled models: made once, in less memory and with cheaper steps than as MuJoCo leaves them."""

from __future__ import annotations

import copy
import ctypes
import functools
import mmap
from typing import Any

import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco

COMPILED_KEPT = 8
"""As many as there are scored environments; a compiled model takes 20 to 25 MiB."""
FIRST_SIZES = ("nq", "nv", "nu", "na", "nbody", "nbvh", "nbvhstatic", "nbvhdynamic")
"""The first members of the C structure mjModel, all of them `int`."""


def fresh_model(path: str, copied: bool) -> mujoco.MjModel:
    """The model in an XML file, for one object to change.

    A copy takes 20 ms, compiling 200 to 300. Who needs one object of each task does not pay memory for originals.
    """
    model = copy.copy(_original(path)) if copied else _compiled(path)
    forget_mesh_hierarchies(model)
    return model


def forget_mesh_hierarchies(model: mujoco.MjModel) -> None:
    """Leave a model only those nodes of bounding volume hierarchies that collision detection reads: the bodies'.

    MuJoCo clears a flag per node in every simulation step. MetaWorld's scenes have 130,000 for their meshes, which only
    ray casting reads, and 16 to 40 for their bodies, which come first: clearing them all takes a seventh of a step. The
    counts are read-only in Python, so they are written where they lie in memory; a MuJoCo that has something else
    there keeps its hierarchies. Such a model can cast no rays at meshes, and MuJoCo refuses to copy it.
    """
    sizes = (ctypes.c_int * len(FIRST_SIZES)).from_address(model._address)
    if list(sizes) != [getattr(model, size) for size in FIRST_SIZES] or model.nbvhdynamic:
        return
    of_bodies = int((model.body_bvhadr + model.body_bvhnum).max())
    for array in (model.bvh_aabb, model.bvh_child, model.bvh_depth, model.bvh_nodeid):
        give_pages_back(array[of_bodies:])
    sizes[FIRST_SIZES.index("nbvh")] = sizes[FIRST_SIZES.index("nbvhstatic")] = of_bodies


def release_textures(model: mujoco.MjModel) -> None:
    """Give the memory of the model's textures back, 6 MB: from now on they are black.

    For a renderer that has copies of them. Nothing else reads them, and the file that they came from stays.
    """
    model.tex_data[:] = 0
    give_pages_back(model.tex_data)
    _trim()


def give_pages_back(array: npt.NDArray[Any]) -> None:
    """Return the pages that lie wholly within an array to the system; what was in them is lost."""
    first, end = array.ctypes.data, array.ctypes.data + array.nbytes
    first, end = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE, end // mmap.PAGESIZE * mmap.PAGESIZE
    advise = getattr(ctypes.CDLL(None), "madvise", None)
    if advise is not None and first < end:
        # anonymous pages that are not needed read as zeros when they are touched again
        advise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), mmap.MADV_DONTNEED)


@functools.lru_cache(maxsize=COMPILED_KEPT)
def _original(path: str) -> mujoco.MjModel:
    """The model in an XML file, to be copied and never changed."""
    return _compiled(path)


def _compiled(path: str) -> mujoco.MjModel:
    """The model in an XML file."""
    model = mujoco.MjModel.from_xml_path(path)
    _trim()
    return model


def _trim() -> None:
    """Return to the system what was freed: MuJoCo's compiler used 5 MiB per model, which glibc would keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
