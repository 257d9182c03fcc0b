"""One table of environments; unknown ids are answered with the nearest known ones."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from kinitro import environments
from kinitro.environments.errors import UnknownEnvironment

SCORED = {"pick-place", "push", "drawer-open", "peg-insert", "reach", "door-open", "drawer-close", "button-press"}


def test_all_50_tasks_are_there_and_8_are_scored() -> None:
    specs = environments.all_specs()
    assert sum(spec.category != "composition" for spec in specs) == 50
    assert len({spec.id for spec in specs}) == len({spec.task_name for spec in specs}) == len(specs)
    assert len({spec.instruction for spec in specs}) == len(specs)
    assert {spec.id for spec in specs[:8]} == {f"metaworld/{name}-v3" for name in SCORED}
    assert environments.scored_specs() == specs[:8]


def test_peg_insert_is_metaworlds_peg_insert_side() -> None:
    assert environments.get_spec("metaworld/peg-insert-v3").task_name == "peg-insert-side"


@pytest.mark.parametrize(
    ("wrong", "suggested"),
    [("metaworld/pusch-v3", "metaworld/push-v3"), ("drawer-close", "drawer-close-v3"), ("", "metaworld/"), (None, "/")],
)
def test_unknown_ids(wrong: str, suggested: str) -> None:
    with pytest.raises(UnknownEnvironment, match=suggested):
        environments.get_spec(wrong)
    with pytest.raises(UnknownEnvironment, match=suggested):
        environments.make(wrong)


def test_long_ids_give_short_messages() -> None:
    with pytest.raises(UnknownEnvironment) as raised:
        environments.get_spec("x" * 10_000)
    assert len(str(raised.value)) < 400


def test_the_table_loads_no_simulator() -> None:
    code = (
        "import sys; from kinitro import environments\n"
        "environments.all_specs(); print({'mujoco', 'metaworld', 'numba', 'gymnasium'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "set()\n"


@pytest.mark.parametrize("modules", ["gymnasium, kinitro.environments", "kinitro.environments, gymnasium"])
def test_gymnasium_knows_the_table_once_both_are_imported(modules: str) -> None:
    code = f"import {modules}; print(gymnasium.spec('metaworld/push-v3').id)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "metaworld/push-v3\n"


def list_envs(*flags: str) -> str:
    command = [sys.executable, "-m", "kinitro", "list-envs", *flags]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_list_envs_shows_what_the_table_knows() -> None:
    lines = list_envs().splitlines()
    assert len(lines) == 1 + len(environments.all_specs())
    spec = environments.get_spec("metaworld/drawer-close-v3")
    (line,) = [line for line in lines if line.startswith(spec.id)]
    assert line.split()[1:4] == ["yes", f"{spec.expert_success:.0%}", f"{spec.random_success:.0%}"]
    assert line.endswith(spec.instruction)
    assert len(list_envs("--scored").splitlines()) == 9
    assert {entry["id"] for entry in json.loads(list_envs("--json"))} == {spec.id for spec in environments.all_specs()}
