"""Writes the pages of the documentation site to build/docs: the documents, and references made from the program.

    python tools/site_pages.py [DIRECTORY]

`make docs` then builds the site from them. Nothing that this program writes is kept in the repository.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import typer

from kinitro.api.application import create_app, describe
from kinitro.api.settings import ApiSettings
from kinitro.cli import build_app

ROOT = Path(__file__).parents[1]
OUT = ROOT / "build" / "docs"
OF_THE_PROJECT = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")
PYTHON = (
    *(
        "kinitro.environments",
        "kinitro.environments.interface",
        "kinitro.environments.spec",
        "kinitro.environments.rungs",
    ),
    *("kinitro.environments.gym", "kinitro.environments.conformance", "kinitro.policies.messages", "kinitro.scoring"),
    *("kinitro.evaluation.replay", "kinitro.client.http", "kinitro.client.messages", "kinitro.client.records"),
)
"""What others may import."""
LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+)([^)\s#]+)(#[^)\s]*)?\)")


def main(out: Path = OUT) -> None:
    """Write all pages."""
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(ROOT / "docs", out, ignore=shutil.ignore_patterns("examples", "__pycache__"))
    for name in OF_THE_PROJECT:
        shutil.copy(ROOT / name, out / name)
    for page in out.rglob("*.md"):
        page.write_text(mend_links(page.read_text(), page, out))
    reference = out / "reference"
    reference.mkdir()
    (reference / "api.md").write_text(describe_api())
    (reference / "commands.md").write_text(describe_commands())
    (reference / "settings.md").write_text(describe_settings())
    (reference / "python.md").write_text(describe_python())


def mend_links(text: str, page: Path, out: Path) -> str:
    """Let links to files beside `docs` lead to their pages; files that are no pages are only named.

    In documents of the project, which move into the site's root, links to `docs/` lose that part.
    """

    def mend(match: re.Match[str]) -> str:
        label, up, target, anchor = match.groups()
        if target in OF_THE_PROJECT:
            above = "../" * (len(page.relative_to(out).parts) - 1)
            return f"[{label}]({above}{target}{anchor or ''})"
        inside = page.parent / up / target
        return match[0] if inside.resolve().is_relative_to(out) and inside.exists() else f"{label} (`{target}`)"

    if page.name in OF_THE_PROJECT and page.parent == out:
        text = re.sub(r"\]\((?:\./)?docs/", "](", text)
        text = re.sub(r"\[([^\]]*)\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)", lambda m: keep_page(m, out), text)
    return LINK.sub(mend, text)


def keep_page(match: re.Match[str], out: Path) -> str:
    """Keep a link to a page; name what is none."""
    return match[0] if (out / match[2]).exists() else f"{match[1]} (`{match[2]}`)"


# --- the HTTP API ----------------------------------------------------------------------------------------------------


def describe_api() -> str:
    """Describe every route and message of the API, from its OpenAPI description."""
    app = create_app(ApiSettings.load(database_url="postgresql:///documentation"))
    schema = describe(app)
    lines = [
        "# HTTP API",
        "",
        schema["info"]["summary"],
        "",
        "A running API describes itself at `/openapi.json` and `/docs`.",
        "",
    ]
    for path, methods in schema["paths"].items():
        for method, route in methods.items():
            lines += describe_route(method, path, route)
    lines += ["## Messages", ""]
    for name, message in sorted(schema["components"]["schemas"].items()):
        if "properties" in message:
            lines += describe_message(name, message)
    return "\n".join(lines) + "\n"


def describe_route(method: str, path: str, route: dict[str, Any]) -> list[str]:
    """Describe one route."""
    lines = [f"## {method.upper()} `{path}`", "", cell(route.get("description") or route.get("summary", "")), ""]
    if parameters := route.get("parameters"):
        lines += ["| parameter | where | type | what |", "|---|---|---|---|"]
        lines += [
            f"| `{one['name']}` | {one['in']} | {name_type(one['schema'])} | {cell(one.get('description', ''))} |"
            for one in parameters
        ]
        lines.append("")
    if body := route.get("requestBody"):
        lines += [f"Body: {name_types(body['content'])}.", ""]
    answers = [f"{code}: {name_types(answer.get('content', {}))}" for code, answer in route["responses"].items()]
    return [*lines, f"Answers: {'; '.join(answers)}.", ""]


def describe_message(name: str, message: dict[str, Any]) -> list[str]:
    """Describe one message: its fields."""
    lines = [f"### {name}", "", cell(message.get("description", "")), "", "| field | type | what |", "|---|---|---|"]
    lines += [
        f"| `{field}` | {name_type(one)} | {cell(one.get('description', ''))} |"
        for field, one in message["properties"].items()
    ]
    return [*lines, ""]


def name_types(content: dict[str, Any]) -> str:
    """Name the types of a body by its kinds of content."""
    return ", ".join(name_type(one.get("schema", {})) for one in content.values()) or "no body"


def name_type(schema: dict[str, Any]) -> str:
    """Name a JSON type; messages link to their description."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(name_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"array of {name_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))


def cell(text: str) -> str:
    """Put text into one line that a table takes."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


# --- the command line ------------------------------------------------------------------------------------------------


def describe_commands() -> str:
    """Describe every command with its options, from the program."""
    lines = ["# Commands", "", "`kinitro COMMAND --help` says the same.", ""]
    return "\n".join([*lines, *describe_command(typer.main.get_command(build_app()), "kinitro")]) + "\n"


def describe_command(command: Any, name: str) -> list[str]:
    """Describe a command, typer's or click's, and those below it."""
    if hasattr(command, "commands"):
        lines: list[str] = []
        for part, below in command.commands.items():
            if not below.hidden:
                lines += describe_command(below, f"{name} {part}")
        return lines
    lines = [f"## {name}", "", cell((command.help or "").split("\f")[0]), ""]
    options = [one for one in command.params if one.param_type_name == "option" and not one.hidden]
    if options:
        lines += ["| option | what |", "|---|---|"]
        lines += [f"| `{'`, `'.join(one.opts)}` | {cell(one.help or '')} |" for one in options]
    return [*lines, ""]


def describe_settings() -> str:
    """Show the settings of all services as the file that an operator copies."""
    text = (ROOT / ".env.example").read_text()
    return f"# Settings\n\nEvery setting of every service, as in `.env.example`.\n\n```ini\n{text}```\n"


def describe_python() -> str:
    """Name what others may import; the site's builder reads their docstrings."""
    return "# Python\n\nWhat others may import.\n\n" + "\n".join(f"::: {name}\n" for name in PYTHON)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
