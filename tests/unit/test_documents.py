"""Documents are true where a program can tell: links, anchors, files and modules that they name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PACKAGE = ROOT / "kinitro"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FOLDERS = "benchmarks|deploy|docs|examples|kinitro|requirements|tests|tools"
PATH = re.compile(
    rf"(?<![\w/.-])((?:{FOLDERS})/[\w./*-]*\.(?:in|json|md|npz|png|py|service|sh|sql|svg|toml|txt|ya?ml))\b"
)
"""A file of this repository, `*` included. Paths in a miner's project and on other machines begin otherwise."""


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S), flags=re.M)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).strip().lower() for title in titles]
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), target
        assert not anchor or anchor in anchors(place), target


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    assert [name for name in PATH.findall(page.read_text()) if not is_there(name)] == []


def is_there(name: str) -> bool:
    return (ROOT / name).exists() or any(ROOT.glob(name))


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_modules_that_are_named_exist(page: str) -> None:
    """There modules are named without `kinitro/`; each column of a table, each step and each answer."""
    packages = {path.name for path in PACKAGE.iterdir() if path.is_dir()}
    for name in re.findall(r"`([a-z_]+/[\w./*-]+)`", (ROOT / page).read_text()):
        if name.partition("/")[0] in packages:
            assert is_there(f"kinitro/{name}"), name


def test_the_index_of_the_documents_is_complete() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    pages = [str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")]
    missing = [page for page in pages if f"({page})" not in index]
    assert missing == ["README.md"]
