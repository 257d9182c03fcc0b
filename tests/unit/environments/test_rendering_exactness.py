"""What makes the software renderer's bits the same everywhere, and its code available everywhere."""

from __future__ import annotations

import gc
import math
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from kinitro.environments.rendering.exact import tangent, unit_circle

DRAW = """
import hashlib, sys
from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering import CameraView, make_renderer
model = mujoco.MjModel.from_xml_string(sys.argv[1])
data = mujoco.MjData(model)
mujoco.mj_forward(model, data)
renderer = make_renderer("software", model, [CameraView("front", "front", rotate_180=False)], 32)
renderer.begin(data)
print(hashlib.sha256(renderer.render(data)["front"].tobytes()).hexdigest())
"""
SCENE = """<mujoco><asset><texture name="t" type="2d" builtin="checker" rgb1="1 0 0" rgb2="0 0 1"
  width="48" height="48"/>
  <material name="m" texture="t" texrepeat="3 2"/></asset><worldbody><light directional="true" dir="1 1 -1"/>
  <camera name="front" pos="0 -3 0" xyaxes="1 0 0 0 0 1"/><geom type="plane" size="2 2 .1" pos="0 0 -1" material="m"/>
  <geom type="ellipsoid" size=".3 .4 .5" rgba=".2 .7 .1 1"/><geom type="capsule" size=".1 .6" euler="30 50 0"/>
  <geom type="box" size=".3 .1 .2" pos=".5 0 .5" rgba="1 1 1 .4"/></worldbody></mujoco>"""
DIGEST = "8fff22aedf668afd"  # the start of the digest of SCENE's picture; anything that changes pixels changes it


def draw_and_digest(environment: dict[str, str]) -> str:
    """The digest printed by a fresh process that draws SCENE."""
    arguments = [sys.executable, "-c", DRAW, SCENE]
    done = subprocess.run(
        arguments, env={**os.environ, **environment}, capture_output=True, text=True, timeout=1200, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize("points", [4, 8, 32, 256])
def test_unit_circle(points: int) -> None:
    angles = 2 * np.pi * np.arange(points) / points
    assert unit_circle(points) == pytest.approx(np.column_stack([np.cos(angles), np.sin(angles)]), abs=1e-15)


def test_circles_have_powers_of_two() -> None:
    with pytest.raises(ValueError, match="not 12"):
        unit_circle(12)


def test_tangent() -> None:
    for angle in (0.0, 0.1, 0.5, 0.785, 1.0, 1.3, 1.5):
        assert tangent(angle) == pytest.approx(math.tan(angle), rel=1e-14, abs=1e-300)
    with pytest.raises(ValueError, match="not 1"):
        tangent(1.6)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_no_multiplication_is_fused_with_an_addition(tmp_path: Path) -> None:
    """Fused operations round once instead of twice: results would differ between CPUs with and without them."""
    show = (
        DRAW
        + """
import numba
from kinitro.environments.rendering import compilation, kernels
for cached in (kernels.project, kernels.fill):
    fresh = numba.njit(cached.py_func, **compilation.OPTIONS)
    fresh.compile(cached.signatures[0])
    print("stage", *fresh.inspect_asm().values())
"""
    )
    arguments = [sys.executable, "-c", show, SCENE]
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    code = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=1200, check=True).stdout
    stages = code.split("stage")[1:]
    assert len(stages) == 2
    for stage in stages:
        assert re.search(r"\bv?mul[sp]s\b", stage)
        assert not re.search(r"\bvfn?m(add|sub)", stage)


def test_the_picture_is_this_one() -> None:
    """The same bits on every machine. When this fails, the version of the environments must change too."""
    assert draw_and_digest({}).startswith(DIGEST)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_picture_does_not_depend_on_the_cpu(tmp_path: Path) -> None:
    """Compiled for the oldest x86-64, and with numpy's vector code switched off."""
    old = {
        "NUMBA_CACHE_DIR": str(tmp_path),
        "NUMBA_CPU_NAME": "x86-64",
        "NUMBA_CPU_FEATURES": "",
        "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3 AVX512F AVX512CD AVX512_SKX",
    }
    assert draw_and_digest(old).startswith(DIGEST)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_processes_that_compile_at_the_same_time_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        digests = set(pool.map(draw_and_digest, [{"NUMBA_CACHE_DIR": str(tmp_path)}] * 3))
    assert digests == {draw_and_digest({"NUMBA_CACHE_DIR": str(tmp_path)})}


COMPILED_WHERE = """
import subprocess, sys
from kinitro.environments.rendering import kernels
start = subprocess.Popen
def broken(command, **options):
    return start([sys.executable, "-c", "raise SystemExit('no')"], **options)
def refused(command, **options):
    raise BlockingIOError("Resource temporarily unavailable")
subprocess.Popen = {"works": start, "broken": broken, "refused": refused}[sys.argv[2]]
{draw}
for function in (kernels.project, kernels.fill, kernels.resolve):
    stats = function.stats
    print(len(function.signatures), sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


@pytest.mark.parametrize(
    ("helper", "expected"),
    [
        ("works", ["1 1 0", "1 0 1", "1 0 1"]),
        pytest.param("broken", ["1 0 1"] * 3, marks=pytest.mark.slow),
        pytest.param("refused", ["1 0 1"] * 3, marks=pytest.mark.slow),
    ],
)
def test_the_first_start_compiles_in_two_processes(tmp_path: Path, helper: str, expected: list[str]) -> None:
    """Signatures, times found in the cache and not, of each function: `project` is found where the other put it."""
    program = COMPILED_WHERE.replace("{draw}", DRAW)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    arguments = [sys.executable, "-c", program, SCENE, helper]
    told = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=300, check=True).stdout
    assert told.splitlines()[-3:] == expected


def test_without_any_writable_directory_code_is_compiled_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    import numba

    from kinitro.environments.rendering import compilation

    def njit(function: object, *, cache: bool = False, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function 'double': no locator available for file")
        return genuine(function, **options)

    genuine = numba.njit
    monkeypatch.setattr(numba, "njit", njit)

    @compilation.compiled
    def double(x: float) -> float:
        return 2 * x

    assert double(21.0) == 42.0


def test_garbage_is_collected_again_after_compiling_even_in_vain() -> None:
    from numba.core import event
    from numba.core.errors import TypingError

    from kinitro.environments.rendering import compilation

    collected = []

    class Watch(event.Listener):
        def on_start(self, _event: event.Event) -> None:
            collected.append(gc.isenabled())

        def on_end(self, _event: event.Event) -> None:
            pass

    def unknown(x: float) -> float:
        return x.nothing  # type: ignore[attr-defined, no-any-return]

    with event.install_listener("numba:compile", Watch()), pytest.raises(TypingError):
        compilation.inner(unknown)(1.0)
    assert collected == [False]
    assert gc.isenabled()
