"""The pages of the documentation site that are made from the program: nothing is left out."""

from __future__ import annotations

import runpy
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from kinitro.api.application import create_app, describe
from kinitro.api.settings import ApiSettings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def program() -> SimpleNamespace:
    return SimpleNamespace(**runpy.run_path(str(ROOT / "tools/site_pages.py")))


@pytest.fixture(scope="module")
def pages(program: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out: Path = tmp_path_factory.mktemp("site") / "docs"
    program.main(out)
    return out


def test_every_route_and_message_is_described(pages: Path) -> None:
    text = (pages / "reference/api.md").read_text()
    schema = describe(create_app(ApiSettings.load(database_url="postgresql:///documentation")))
    assert len(schema["paths"]) > 20
    for path, methods in schema["paths"].items():
        assert all(f"## {method.upper()} `{path}`" in text for method in methods)
    for name, message in schema["components"]["schemas"].items():
        assert "properties" not in message or f"### {name}\n" in text


def test_every_command_is_described(pages: Path) -> None:
    text = (pages / "reference/commands.md").read_text()
    for command in ("demo", "evaluate", "scheduler", "pack make", "explain", "replay"):
        assert f"## kinitro {command}\n" in text
    assert "| `--rungs` |" in text


def test_python_pages_name_modules_that_there_are(program: SimpleNamespace) -> None:
    for name in program.PYTHON:
        assert import_module(name).__doc__, name


def test_links_to_what_is_no_page_are_only_named(pages: Path) -> None:
    assert "](../" not in (pages / "miner-guide.md").read_text()
    assert "[CONTRIBUTING](../CONTRIBUTING.md)" in (pages / "start/contributors.md").read_text()
    assert "[CONTRIBUTING](CONTRIBUTING.md)" in (pages / "README.md").read_text()
    assert not (pages / "examples").exists()
