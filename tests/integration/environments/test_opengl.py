"""Simulating and the software renderer need no OpenGL, whatever MUJOCO_GL says; the gl renderer says what it lacks."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kinitro

PROBE = """
import ctypes, hashlib, sys
missing = sys.argv[1].split()
open_library = ctypes._dlopen
def _dlopen(name, mode):
    if any(part in str(name) for part in missing):
        raise OSError(f"{name}: cannot open shared object file: No such file or directory")
    return open_library(name, mode)
ctypes._dlopen = _dlopen

from kinitro import environments
from kinitro.environments.metaworld.experts import ScriptedExpert
from kinitro.errors import UnavailableError

def picture(renderer):
    environment = environments.make("metaworld/reach-v3", renderer=renderer)
    environment.reset(7)
    environment.step(ScriptedExpert(environment).act())
    image = environment.observe().pixels["corner"]
    environment.close()
    return hashlib.sha256(image).hexdigest()

print(picture("software"))
try:
    picture("gl")
except UnavailableError as error:
    print(error)
else:
    print("drawn")
"""
EVERY_OPENGL = "EGL GL.so OpenGL OSMesa"
"""Parts of the names of libraries that cannot be opened then. GLFW comes with its package, and lacks a display."""
WITHOUT_DISPLAY = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}


def probe(missing: str, **variables: str) -> tuple[str, str, str]:
    """(digest of the software renderer's picture, what became of the gl renderer, standard error)."""
    process = subprocess.run(
        [sys.executable, "-c", PROBE, missing],
        env=WITHOUT_DISPLAY | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    digest, drawn = process.stdout.splitlines()
    return digest, drawn, process.stderr


@pytest.fixture(scope="module")
def expected() -> str:
    return probe(EVERY_OPENGL, MUJOCO_GL="disable")[0]


@pytest.mark.parametrize(
    "variables",
    [
        {"MUJOCO_GL": "egl"},
        {"MUJOCO_GL": "osmesa"},
        {"MUJOCO_GL": "glfw"},
        {"MUJOCO_GL": ""},
        {"MUJOCO_GL": "0"},
        {"MUJOCO_GL": "vulkan"},
        {"MUJOCO_GL": "egl", "PYOPENGL_PLATFORM": "osmesa"},
    ],
    ids=lambda variables: "-".join(variables.values()) or "empty",
)
def test_without_opengl_everything_but_the_gl_renderer_works(variables: dict[str, str], expected: str) -> None:
    digest, drawn, said = probe(EVERY_OPENGL, **variables)
    assert digest == expected
    assert drawn.startswith("OpenGL cannot be used (")
    assert "use renderer 'software'" in drawn
    assert "Traceback" not in said


@pytest.mark.parametrize("mujoco_gl", ["egl", "osmesa", "glfw"])
def test_with_this_machine_s_libraries_the_gl_renderer_draws_or_says_why_not(mujoco_gl: str, expected: str) -> None:
    digest, drawn, said = probe("no-library-is-missing", MUJOCO_GL=mujoco_gl)
    assert digest == expected
    assert drawn == "drawn" or drawn.startswith("OpenGL cannot be used (")
    assert "Traceback" not in said


def test_mujoco_is_imported_in_one_place_and_before_metaworld() -> None:
    """Else a module that happens to be imported first fails where MUJOCO_GL names an OpenGL that is not there."""
    for path in Path(kinitro.__file__).parent.rglob("*.py"):
        if path.name == "mujoco_import.py":
            continue
        ours = False
        for node in ast.parse(path.read_text()).body:  # what stands below `if TYPE_CHECKING` is not at this level
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = ours or "kinitro.environments.mujoco_import" in names
            packages = {name.partition(".")[0] for name in names}
            assert "mujoco" not in packages, f"{path} imports mujoco: import it from kinitro.environments.mujoco_import"
            assert "metaworld" not in packages or ours, f"{path} imports metaworld before mujoco_import"
