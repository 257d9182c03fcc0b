"""Every command in the documents: it parses against the program, or belongs to a program that readers have.

What the guides' commands do is tested where they are played, as in `test_validator_guide.py`, `test_audit_guides.py`,
`test_miner_guide.py` and the acceptance tests; here nothing escapes, whatever document it is in.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from kinitro.cli import build_app

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
FENCE = re.compile(r"^```(bash|console|console service|sh|shell)\n(.*?)^```", re.M | re.S)
OF_OTHERS = {
    # shell
    *("cat", "cd", "cp", "export", "id", "install", "journalctl", "kill", "mkdir", "systemctl", "useradd"),
    *("$EDITOR", "EOF"),
    # programs that a reader of the page has
    *("curl", "docker", "git", "helm", "kubectl", "make", "pip", "python", "python3", "python3.11", "uvicorn", "psql"),
    *("pytest", "bin/pip"),
}
"""Programs whose commands are not ours: they need an account, a machine or a cluster, or tests play them by name."""
INLINE = re.compile(r"`(kinitro [a-z][^`]*)`")


def read_lines(language: str, block: str) -> Iterator[str]:
    """The commands of a block, with continuation lines joined; in a console they are behind `$`."""
    for line in block.replace("\\\n", " ").splitlines():
        if language.startswith("console"):
            if line.startswith("$ "):
                yield line[2:]
        elif line.strip() and not line.startswith(("#", " ", "-")):
            yield line


def split(line: str) -> Iterator[list[str]]:
    """The words of each command of a line: `one && two | three`, also within `$(...)`."""
    line = re.sub(r"(^|\s)#\s.*$", "", line)
    for inner in re.findall(r"\$\(([^()]*)\)", line):
        yield from split(inner)
    for part in re.split(r"&&|\|\||[|;]|>{1,2} ?\S+", re.sub(r"\$\([^()]*\)", "X", line)):
        words = shlex.split(part, comments=True)
        while words and re.match(r"^\w+=", words[0]):
            words = words[1:]
        if words and words[0] in ("sudo", "exec", "time"):
            words = words[1:]
        if words:
            yield words


def list_commands() -> list[tuple[Path, list[str]]]:
    found = []
    for page in DOCUMENTS:
        text = page.read_text()
        for language, block in FENCE.findall(text):
            found += [(page, words) for line in read_lines(language, block) for words in split(line)]
    return found


def find_mistake(words: list[str]) -> str | None:
    """What the program would not take of a command of ours; values are not looked at."""
    command: Any = typer.main.get_command(build_app())
    rest = words[1:]
    while hasattr(command, "commands"):
        options = {name for one in command.params for name in one.opts} | {"--help"}
        while rest and rest[0].startswith("-"):
            if rest[0] not in options:
                return f"there is no option {rest[0]}"
            rest = rest[1:]
        if not rest:
            return None
        if rest[0] not in command.commands:
            return f"there is no command {rest[0]!r}"
        command, rest = command.commands[rest[0]], rest[1:]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    given = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    wrong = [name for name in given if name not in options]
    return f"`{command.name}` has no option {wrong[0]}" if wrong else None


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_exist(page: Path) -> None:
    """In blocks, and where a sentence names one."""
    ours = [words for one, words in list_commands() if one == page and Path(words[0]).name == "kinitro"]
    ours += [shlex.split(text.replace("'", "")) for text in INLINE.findall(page.read_text())]
    mistakes = {" ".join(words): mistake for words in ours if (mistake := find_mistake(words))}
    assert mistakes == {}


def test_other_programs_are_known() -> None:
    known = {Path(name).name for name in OF_OTHERS} | OF_OTHERS
    unknown = {
        (page.name, words[0])
        for page, words in list_commands()
        if Path(words[0]).name not in known | {"kinitro"} and not (ROOT / words[0]).exists()
    }
    assert unknown == set()


def test_mistakes_are_found() -> None:
    assert find_mistake(["kinitro", "replay", "--tusk", "1"]) == "`replay` has no option --tusk"
    assert find_mistake(["kinitro", "evalute"]) == "there is no command 'evalute'"
    assert find_mistake(["kinitro", "--version"]) is None
    assert len(list_commands()) > 100
