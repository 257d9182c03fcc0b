"""What is recorded: scores of a made-up cycle, the API, bytes of the policy protocol, the command line, exit codes."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import typer

import kinitro
from kinitro.api.application import create_app
from kinitro.api.settings import ApiSettings
from kinitro.cli import build_app
from kinitro.client.records import compute_results_root
from kinitro.cycles.scorecard import score
from kinitro.environments.interface import Observation
from kinitro.errors import KinitroError
from kinitro.policies.codecs import JSON, MSGPACK
from kinitro.policies.messages import TaskConfig
from tests.golden.cycle import IDENTITY, golden_config, golden_miners, golden_rows, golden_verdicts

COPIED_OUT = (
    "kinitro.miner.template",
    "kinitro.miner.variants",
    "kinitro.local.policies",
    "kinitro.executor.containers",
)


def scorecard() -> dict[str, Any]:
    """Scores, weights, explanations and the root over the results."""
    rows = golden_rows()
    card = score(IDENTITY, golden_config(), golden_miners(), rows, golden_verdicts())
    return {
        "scores": card.scores.model_dump(mode="json"),
        "weights": card.weights.model_dump(mode="json"),
        "explanations": card.explanations,
        "results_root": compute_results_root(rows).hex(),
    }


def api() -> dict[str, Any]:
    """Routes, parameters and schemas, without their descriptions."""
    described = create_app(ApiSettings.load(database_url="postgresql://nowhere/x")).openapi()
    return {"paths": _without_words(described["paths"]), "schemas": _without_words(described["components"]["schemas"])}


def policy_protocol() -> dict[str, Any]:
    """Bytes of `/reset` and `/act` in both encodings."""
    task = TaskConfig("metaworld/push-v3", "push-v3", "Push it.", "abc", 500, 80.0, ("corner",), (2, 3))
    image = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    observation = Observation(np.array([0.1, -0.25, 3.0, 1.0], dtype=np.float32), {"corner": image})
    return {
        codec.name: {
            "reset": bytes(codec.encode_reset(task)).hex(),
            "act": bytes(codec.encode_act("abc", 7, observation)).hex(),
        }
        for codec in (JSON, MSGPACK)
    }


def command_line() -> dict[str, Any]:
    """Every command with its arguments and flags."""
    return dict(_commands("kinitro", typer.main.get_command(build_app())))


def exit_codes() -> dict[str, int]:
    """Of every error that a user may see, by class."""
    for module in pkgutil.walk_packages(kinitro.__path__, "kinitro."):
        if not module.name.startswith(COPIED_OUT) and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    ours = [error for error in _below(KinitroError) if error.__module__.startswith("kinitro.")]  # not those of tests
    return {error.__name__: error.exit_code for error in sorted(ours, key=lambda error: error.__name__)}


RECORDS: dict[str, Callable[[], Any]] = {
    "scorecard": scorecard,
    "api": api,
    "policy_protocol": policy_protocol,
    "command_line": command_line,
    "exit_codes": exit_codes,
}


def encode(record: Any) -> bytes:
    """As it is stored: sorted and indented, so that a difference can be read."""
    return msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1) + b"\n"


def _without_words(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_words(value)
            for key, value in node.items()
            if not (
                key in ("description", "summary", "title", "operationId", "tags") and isinstance(value, (str, list))
            )
        }
    return [_without_words(value) for value in node] if isinstance(node, list) else node


def _commands(name: str, command: Any) -> list[tuple[str, Any]]:
    flags = sorted(" ".join([*option.opts, *option.secondary_opts]) for option in command.params)
    inner = getattr(command, "commands", {}).items()
    return [(name, flags)] + [entry for word, sub in sorted(inner) for entry in _commands(f"{name} {word}", sub)]


def _below(error: type[KinitroError]) -> set[type[KinitroError]]:
    children = set(error.__subclasses__())
    return children.union(*(_below(child) for child in children))
