"""What the software renderer draws, checked against geometry and the lighting equation."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kinitro.environments.mujoco_import import mujoco
from kinitro.environments.rendering import CameraView, Image, make_renderer
from kinitro.errors import ConfigurationError

SIZE_PX = 96
FOVY_DEGREES = 45.0
FOCAL_PX = SIZE_PX / 2 / math.tan(math.radians(FOVY_DEGREES / 2))
FRONT = CameraView("front", "front", rotate_180=False)
TURNED = CameraView("turned", "front", rotate_180=True)
CAMERA = f'<camera name="front" pos="0 -3 0" xyaxes="1 0 0 0 0 1" fovy="{FOVY_DEGREES}"/>'
AMBIENT = '<visual><headlight ambient="1 1 1" diffuse="0 0 0" specular="0 0 0"/></visual>'
"""Every surface shows its own colour."""


def load(world: str, *, visual: str = AMBIENT, assets: str = "") -> tuple[mujoco.MjModel, mujoco.MjData]:
    xml = f"<mujoco>{visual}<asset>{assets}</asset><worldbody>{CAMERA}{world}</worldbody></mujoco>"
    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    return model, data


def draw(world: str, *, visual: str = AMBIENT, assets: str = "", size_px: int = SIZE_PX) -> Image:
    model, data = load(world, visual=visual, assets=assets)
    renderer = make_renderer("software", model, [FRONT], size_px)
    renderer.begin(data)
    return renderer.render(data)["front"]


def coverage(image: Image, channel: int = 0) -> float:
    """Area in pixels that a fully coloured object covers on black, partly covered pixels counted in part."""
    return float(image[..., channel].sum(dtype=np.int64)) / 255


def test_a_sphere_has_the_silhouette_of_perspective() -> None:
    radius, distance = 0.6, 3.0
    image = draw(f'<geom type="sphere" size="{radius}" rgba="1 0 0 1"/>')
    silhouette = FOCAL_PX * radius / math.sqrt(distance**2 - radius**2)
    assert coverage(image) == pytest.approx(math.pi * silhouette**2, rel=0.02)  # 32 slices: 0.6 % too small
    rows, columns = np.nonzero(image[..., 0])
    assert rows.mean() == pytest.approx(SIZE_PX / 2 - 0.5, abs=0.1)
    assert columns.mean() == pytest.approx(SIZE_PX / 2 - 0.5, abs=0.1)


@pytest.mark.parametrize(
    ("shape", "size", "area"),
    [
        ("box", ".5 .01 .3", 4 * 0.5 * 0.3),
        ("ellipsoid", ".5 .02 .3", math.pi * 0.5 * 0.3),
        ("cylinder", ".2 .4", 4 * 0.2 * 0.4),
        ("capsule", ".2 .4", 4 * 0.2 * 0.4 + math.pi * 0.2**2),
    ],
)
def test_shapes_have_their_outlines(shape: str, size: str, area: float) -> None:
    """From far away and through a narrow field of view, so that the projection is nearly parallel."""
    distance = 200.0
    world = f"""<geom type="{shape}" size="{size}" rgba="1 0 0 1"/>
        <camera name="far" pos="0 -{distance} 0" xyaxes="1 0 0 0 0 1" fovy="0.4"/>"""
    model, data = load(world)
    model.vis.map.zfar = 1000
    renderer = make_renderer("software", model, [CameraView("far", "far", rotate_180=False)], SIZE_PX)
    renderer.begin(data)
    scale = SIZE_PX / 2 / math.tan(math.radians(0.2)) / distance
    assert coverage(renderer.render(data)["far"]) == pytest.approx(area * scale**2, rel=0.02)


def test_a_textured_floor_is_right_in_perspective() -> None:
    """Each pixel of a floor of 4 squares shows the colour of the point where its ray meets the floor."""
    assets = """<texture name="squares" type="2d" builtin="checker" rgb1="1 0 0" rgb2="0 0 1" width="64" height="64"/>
        <material name="floor" texture="squares" texrepeat="1 1"/>"""
    image = draw('<geom type="plane" size="2 2 .1" pos="0 0 -1" material="floor"/>', assets=assets)
    rows, columns = np.mgrid[:SIZE_PX, :SIZE_PX]
    down, across = (rows + 0.5 - SIZE_PX / 2) / FOCAL_PX, (columns + 0.5 - SIZE_PX / 2) / FOCAL_PX
    with np.errstate(divide="ignore"):
        depth = np.where(down > 0, 1 / down, np.inf)
    x, y = np.where(np.isfinite(depth), across * np.minimum(depth, 1e9), 9.0), depth - 3
    inside = (abs(x) < 1.9) & (abs(y) < 1.9) & (abs(x) > 0.1) & (abs(y) > 0.1)
    assert inside.sum() > 500
    first_quadrant = image[inside & (x > 0) & (y > 0)]
    same = inside & (x * y > 0)
    other = inside & (x * y < 0)
    colour = first_quadrant[0]
    assert tuple(colour) in {(255, 0, 0), (0, 0, 255)}
    assert (image[same] == colour).all()
    assert (image[other] == colour[::-1]).all()


def test_a_cube_texture_covers_each_face_of_a_box() -> None:
    assets = """<texture name="cube" type="cube" builtin="flat" mark="edge" rgb1="0 1 0" rgb2="0 1 0" markrgb="1 0 0"
        width="64" height="64"/><material name="cube" texture="cube"/>"""
    image = draw('<geom type="box" size=".5 .5 .5" material="cube"/>', assets=assets)
    half = round(FOCAL_PX * 0.5 / 2.5)
    middle = SIZE_PX // 2
    assert tuple(image[middle, middle]) == (0, 255, 0)
    edge = image[middle, middle - half - 1 : middle - half + 2].astype(int)
    assert edge[:, 0].max() > 60, "the marked edge of the face is at the edge of the box"


def test_what_is_nearer_hides_what_is_behind_whatever_the_order() -> None:
    near, far = (
        '<geom type="box" size=".2 .1 .2" pos="0 -1 0" rgba="1 0 0 1"/>',
        '<geom type="box" size=".8 .1 .8" pos="0 1 0" rgba="0 0 1 1"/>',
    )
    one, other = draw(near + far), draw(far + near)
    middle = SIZE_PX // 2
    assert tuple(one[middle, middle]) == (255, 0, 0)
    assert tuple(one[middle, middle - 15]) == (0, 0, 255)
    assert np.array_equal(one, other)


def test_surfaces_are_cut_at_the_near_plane() -> None:
    """A wall from behind the camera to far ahead fills the left half of the picture, and only that."""
    visual = AMBIENT + '<statistic extent="1"/>'
    image = draw('<geom type="box" size=".01 30 30" pos="-.06 0 0" rgba="1 0 0 1"/>', visual=visual)
    assert (image[:, : SIZE_PX // 2 - 2, 0] == 255).all()
    assert (image[:, SIZE_PX // 2 + 1 :] == 0).all()


def test_adjacent_triangles_leave_no_gap() -> None:
    """A box of 32 x 32 cells in front of black: not one sample shows the background."""
    for angle in (0, 3, 11, 27):
        image = draw(f'<geom type="box" size="6.4 .1 6.4" euler="{angle} {angle} 7" rgba="1 1 1 1"/>')
        assert (image == 255).all()


def test_diffuse_light_follows_lamberts_law() -> None:
    visual = '<visual><headlight active="0"/></visual>'
    for angle in (0, 30, 60, 80, 100):
        tilt = math.radians(angle)
        direction = f"0 {math.cos(tilt)} {-math.sin(tilt)}"
        light = f'<light directional="true" dir="{direction}" diffuse=".5 .5 .5" specular="0 0 0"/>'
        image = draw(light + '<geom type="box" size="2 .1 2" rgba="1 .5 0 1"/>', visual=visual)
        expected = 255 * 0.5 * max(0.0, math.cos(tilt)) * np.array([1, 0.5, 0])
        assert image[SIZE_PX // 2, SIZE_PX // 2] == pytest.approx(expected, abs=1)


def test_a_spotlight_falls_off_to_the_edge_of_its_cone() -> None:
    """A light 1 m before a wall, of the exponent 10 and a cone of 45 degrees, with the wall's centre on its axis."""
    light = '<light pos="0 -1.1 0" dir="0 1 0" diffuse=".8 .8 .8" specular="0 0 0" attenuation="0.5 0 0.5"/>'
    visual = '<visual><headlight active="0"/></visual>'
    image = draw(light + '<geom type="box" size="2 .1 2"/>', visual=visual, assets="", size_px=SIZE_PX)
    row = image[SIZE_PX // 2, :, 0].astype(float)
    across = (np.arange(SIZE_PX) + 0.5 - SIZE_PX / 2) / FOCAL_PX * 2.9  # metres from the axis, on the wall
    distance = np.sqrt(1 + across**2)
    fading = 0.5 + 0.5 * distance**2
    expected = 255 * 0.5 * 0.8 * distance**-11 / fading * (across**2 < 1)
    centre = np.abs(across) < 0.1
    assert row[centre] == pytest.approx(expected[centre], rel=0.15)
    assert not row[np.abs(across) > 1.4].any()
    assert (np.diff(row[across > 0.1]) <= 0).all()


def test_a_texture_lies_where_a_meshs_coordinates_say() -> None:
    """A square that shows one row of a checkerboard of 2 x 2 fields, from left to right or from right to left."""
    seen = []
    for left, right in ((0, 1), (1, 0)):
        assets = (
            '<texture name="t" type="2d" builtin="checker" width="64" height="64" rgb1="1 0 0" rgb2="0 0 1"/>'
            '<material name="m" texture="t"/><mesh name="square" vertex="-.5 0 -.5 .5 0 -.5 .5 0 .5 -.5 0 .5 0 .2 0" '
            f'texcoord="{left} .1 {right} .1 {right} .4 {left} .4 .5 .2" '
            'face="0 1 2 0 2 3 1 0 4 2 1 4 3 2 4 0 3 4"/>'
        )
        row = draw('<geom type="mesh" mesh="square" material="m"/>', assets=assets)[SIZE_PX // 2].astype(int)
        reach = int(FOCAL_PX * 0.3 / 3)
        seen.append((row[SIZE_PX // 2 - reach], row[SIZE_PX // 2 + reach]))
    for one, other in zip(seen[0], reversed(seen[1]), strict=True):
        assert one == pytest.approx(other, abs=8)
        assert abs(one[0] - one[2]) > 200
    assert (seen[0][0][0] > 200) != (seen[0][1][0] > 200)


def test_a_highlight_lies_where_the_light_is_mirrored() -> None:
    """Light from the camera's side: the highlight of a sphere is at half the angle to the light."""
    visual = '<visual><headlight active="0"/></visual>'
    tilt = math.radians(60)
    light = f'<light directional="true" dir="{-math.sin(tilt)} {math.cos(tilt)} 0" diffuse="0 0 0" specular="1 1 1"/>'
    assets = '<material name="shiny" specular="1" shininess=".5" rgba="0 0 0 1"/>'
    image = draw(light + '<geom size=".5" material="shiny"/>', visual=visual, assets=assets)
    bright = image[..., 0].astype(float)
    column = (bright.sum(axis=0) * np.arange(SIZE_PX)).sum() / bright.sum()
    normal = tilt / 2
    for _ in range(20):  # half-way between the light and the viewer, who sees the highlight from aside
        normal = (tilt - math.atan2(0.5 * math.sin(normal), 3 - 0.5 * math.cos(normal))) / 2
    expected = SIZE_PX / 2 - 0.5 + FOCAL_PX * 0.5 * math.sin(normal) / (3 - 0.5 * math.cos(normal))
    assert column == pytest.approx(expected, abs=1.0)


def test_transparent_surfaces_are_blended_far_to_near() -> None:
    """As in MuJoCo's renderer a surface of opacity a covers 1 - (1 - a) ** 2."""
    wall = '<geom type="box" size="2 .1 2" pos="0 2 0" rgba="1 1 1 1"/>'
    red = '<geom type="plane" size=".5 .5 .1" pos="0 0 0" euler="90 0 0" rgba="1 0 0 .5"/>'
    blue = '<geom type="plane" size=".5 .5 .1" pos="0 1 0" euler="90 0 0" rgba="0 0 1 .5"/>'
    middle = SIZE_PX // 2
    for world in (wall + red + blue, blue + red + wall):
        through = draw(world)[middle, middle]
        behind_blue = 0.25 * np.array([255, 255, 255]) + 0.75 * np.array([0, 0, 255])
        assert through == pytest.approx(0.25 * behind_blue + 0.75 * np.array([255, 0, 0]), abs=2)


def test_the_skybox_is_behind_everything() -> None:
    assets = '<texture type="skybox" builtin="flat" rgb1=".2 .4 .6" width="8" height="8"/>'
    image = draw('<geom size=".1" rgba="1 1 1 1"/>', assets=assets)
    assert image[0, 0] == pytest.approx(np.array([51, 102, 153]), abs=1)
    assert (image[SIZE_PX // 2, SIZE_PX // 2] == 255).all()


def test_sites_and_hidden_groups() -> None:
    world = """<site type="box" size=".2 .2 .2" pos="-.6 0 0" rgba="1 0 0 1"/>
        <site type="box" size=".2 .2 .2" rgba="1 0 0 1" group="4"/>
        <geom type="box" size=".2 .2 .2" pos=".6 0 0" rgba="1 0 0 1" group="3"/>
        <geom type="box" size=".2 .2 .2" pos="0 0 .6" rgba="1 0 0 0"/>"""
    columns = np.nonzero(draw(world)[..., 0])[1]
    assert columns.max() < SIZE_PX / 2 - 10


def test_a_moving_body_is_drawn_where_it_is_now() -> None:
    model, data = load(
        '<body><freejoint/><geom size=".3" rgba="1 0 0 1"/></body><geom type="plane" size="2 2 1" pos="0 0 -1"/>'
    )
    renderer = make_renderer("software", model, [FRONT, TURNED], SIZE_PX)
    renderer.begin(data)
    images = []
    for x in (0.0, 0.6, 0.0):
        data.qpos[0] = x
        mujoco.mj_forward(model, data)
        images.append(renderer.render(data))
    columns = [np.argwhere(image["front"][..., 1] == 0)[:, 1] for image in images]
    reds = [np.nonzero((image["front"][..., 0] == 255) & (image["front"][..., 1] == 0))[1].mean() for image in images]
    assert len(columns[0])
    assert reds[1] - reds[0] == pytest.approx(FOCAL_PX * 0.6 / 3, abs=0.5)
    assert np.array_equal(images[0]["front"], images[2]["front"])
    turned = images[1]["turned"][::-1, ::-1].astype(int)
    assert np.abs(images[1]["front"] - turned).mean() < 0.2


def test_still_things_may_be_moved_and_repainted_between_episodes() -> None:
    world = '<body name="block"><geom type="box" size=".2 .2 .2" rgba="1 0 0 1"/></body>'
    model, data = load(world)
    renderer = make_renderer("software", model, [FRONT], SIZE_PX)
    renderer.begin(data)
    before = renderer.render(data)["front"]
    model.geom_rgba[0] = 0, 0, 1, 1
    model.body_pos[1] = 0.5, 0, 0
    mujoco.mj_forward(model, data)
    renderer.begin(data)
    after = renderer.render(data)["front"]
    assert tuple(before[SIZE_PX // 2, SIZE_PX // 2]) == (255, 0, 0)
    assert tuple(after[SIZE_PX // 2, SIZE_PX // 2]) == (0, 0, 0)
    assert tuple(after[SIZE_PX // 2, SIZE_PX // 2 + round(FOCAL_PX * 0.5 / 3)]) == (0, 0, 255)
    model.body_pos[1] = -0.5, 0, 0  # within an episode too
    mujoco.mj_forward(model, data)
    moved = renderer.render(data)["front"]
    assert tuple(moved[SIZE_PX // 2, SIZE_PX // 2 - round(FOCAL_PX * 0.5 / 3)]) == (0, 0, 255)


def test_a_moving_camera_sees_what_a_fixed_one_in_its_place_sees() -> None:
    world = """<geom type="plane" size="2 2 1" pos="0 0 -1" rgba=".3 .6 .9 1"/>
        <geom type="box" size=".3 .2 .1" pos=".2 .1 -.4" euler="10 20 30" rgba="1 0 0 1"/>
        <body pos="0 -3 0"><freejoint/><geom size=".01" pos="0 -1 0"/>
          <camera name="carried" xyaxes="1 0 0 0 0 1" fovy="45"/></body>"""
    model, data = load(world)
    renderer = make_renderer("software", model, [FRONT, CameraView("carried", "carried", rotate_180=False)], SIZE_PX)
    renderer.begin(data)
    images = renderer.render(data)
    assert np.array_equal(images["front"], images["carried"])


def test_what_cannot_be_drawn_is_refused() -> None:
    model, data = load('<geom size=".1"/>')
    with pytest.raises(ConfigurationError, match=r"'raytraced'.*'software' or 'gl'"):
        make_renderer("raytraced", model, [FRONT], SIZE_PX)
    with pytest.raises(ConfigurationError, match=r"no camera 'back'; it has front"):
        make_renderer("software", model, [CameraView("back", "back", rotate_180=False)], SIZE_PX)
    with pytest.raises(ConfigurationError, match="0 px"):
        make_renderer("software", model, [FRONT], 0)
    with pytest.raises(RuntimeError, match="begin"):
        make_renderer("software", model, [FRONT], SIZE_PX).render(data)
    field = '<hfield name="hills" nrow="2" ncol="2" size="1 1 1 1"/>'
    hills, _ = load('<geom type="hfield" hfield="hills"/>', assets=field)
    with pytest.raises(ConfigurationError, match="HFIELD"):
        make_renderer("software", hills, [FRONT], SIZE_PX)
    cloth, _ = load('<flexcomp name="cloth" type="grid" dim="2" count="3 3 1" spacing=".1 .1 .1"/>')
    with pytest.raises(ConfigurationError, match="1 flexes"):
        make_renderer("software", cloth, [FRONT], SIZE_PX)


def test_a_full_disk_keeps_nobody_from_compiling(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk's."""
    (tmp_path / "small.py").write_text(
        "import resource\n"
        "from kinitro.environments.rendering.compilation import compiled\n"
        "@compiled\n"
        "def twice(x):\n"
        "    return 2 * x\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))\n"
        "print(twice(21), len(twice.stats.cache_misses))\n"
    )
    source = (tmp_path / "small.py").read_text()
    for limit, kept in ((100, False), (1 << 30, True)):
        (tmp_path / "small.py").write_text(source.replace("LIMIT, LIMIT", f"{limit}, {limit}"))
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / f"cache-{limit}")}
        done = subprocess.run(
            [sys.executable, "small.py"], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (0, "42 1\n"), done.stderr
        assert bool(list((tmp_path / f"cache-{limit}").rglob("*.nbc"))) is kept
