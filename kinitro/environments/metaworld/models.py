"""MuJoCo models, compiled once, with less memory and cheaper steps than as MuJoCo's compiler leaves them."""

from __future__ import annotations

import copy
import ctypes
import functools
import mmap
from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from kinitro.environments.mujoco_import import mujoco

CACHED_MODELS = 8
"""As many models as there are scored environments. A compiled model takes 20 to 25 MiB."""
FIRST_SIZES = ("nq", "nv", "nu", "na", "nbody", "nbvh", "nbvhstatic", "nbvhdynamic")
"""The first members of the C structure mjModel in their order, all of type `int`."""


Extension = Callable[[Any], None]
"""Adds parts to a scene, a mujoco.MjSpec, before it is compiled. Two that do the same must be one object."""


def make_model(path: str, copied: bool, extension: Extension | None = None) -> mujoco.MjModel:
    """Make a model from an XML file, which the caller may change.

    With `copied` it is a copy of a model that is compiled once and kept in memory, which takes 20 ms. Compiling takes
    200 to 300 ms but keeps nothing: it is for the first object of a task, since often there is no second one.
    """
    model = copy.copy(_compile_shared(path, extension)) if copied else _compile(path, extension)
    drop_mesh_hierarchies(model)
    return model


def drop_mesh_hierarchies(model: mujoco.MjModel) -> None:
    """Drop the nodes of a model's bounding volume hierarchies that collision detection does not read.

    MuJoCo clears a flag per node in every simulation step. MetaWorld's scenes have 130,000 nodes for their meshes,
    which only ray casting reads, and 16 to 40 for their bodies, which come first. Clearing them all takes a seventh of
    a step.

    The counts are read-only in Python, so they are written where they lie in memory. If a version of MuJoCo has
    something else there, the model keeps its hierarchies. Afterwards the model cannot cast rays at meshes, and MuJoCo
    refuses to copy it.
    """
    sizes = (ctypes.c_int * len(FIRST_SIZES)).from_address(model._address)
    if list(sizes) != [getattr(model, size) for size in FIRST_SIZES] or model.nbvhdynamic:
        return
    of_bodies = int((model.body_bvhadr + model.body_bvhnum).max())
    for array in (model.bvh_aabb, model.bvh_child, model.bvh_depth, model.bvh_nodeid):
        release_pages(array[of_bodies:])
    sizes[FIRST_SIZES.index("nbvh")] = sizes[FIRST_SIZES.index("nbvhstatic")] = of_bodies


def release_textures(model: mujoco.MjModel) -> None:
    """Return the memory of the model's textures to the system, 6 MB: from now on they are black.

    Call it when the renderer has copies of them. Nothing else reads them.
    """
    model.tex_data[:] = 0
    release_pages(model.tex_data)
    _trim_heap()


def release_pages(array: npt.NDArray[Any]) -> None:
    """Return the memory pages that lie wholly within an array to the system. Their content is lost."""
    first, end = array.ctypes.data, array.ctypes.data + array.nbytes
    first, end = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE, end // mmap.PAGESIZE * mmap.PAGESIZE
    advise = getattr(ctypes.CDLL(None), "madvise", None)
    if advise is not None and first < end:
        # after MADV_DONTNEED, anonymous pages read as zeros when they are touched again
        advise(ctypes.c_void_p(first), ctypes.c_size_t(end - first), mmap.MADV_DONTNEED)


@functools.lru_cache(maxsize=CACHED_MODELS)
def _compile_shared(path: str, extension: Extension | None) -> mujoco.MjModel:
    """Compile the model in an XML file and keep it; it is to be copied and never changed."""
    return _compile(path, extension)


def _compile(path: str, extension: Extension | None) -> mujoco.MjModel:
    """Compile the model in an XML file, with what the extension adds."""
    if extension is None:
        model = mujoco.MjModel.from_xml_path(path)
    else:
        scene = mujoco.MjSpec.from_file(path)
        extension(scene)
        model = scene.compile()
    _trim_heap()
    return model


def _trim_heap() -> None:
    """Return freed memory to the system. MuJoCo's compiler uses 5 MiB per model, which glibc would keep."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
