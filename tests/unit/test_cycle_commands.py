"""Wrong input to the scheduler, replay and audit commands is one sentence and an exit code."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from kinitro.cli import build_app
from kinitro.environments import fingerprint, make
from kinitro.errors import KinitroError
from kinitro.evaluation.rollout import Rollout
from kinitro.evaluation.traces import encode, read_actions

NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/none"


def run(*arguments: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(build_app(), list(arguments))
    return result.output, result.exception


@pytest.mark.parametrize(
    ("arguments", "exit_code", "sentence"),
    [
        (["scheduler", "--database-url", NOWHERE], 2, "--netuid"),
        (["scheduler", "--netuid", "-1", "--database-url", NOWHERE], 2, "--netuid"),
        (["scheduler", "--netuid", "1", "--database-url", "mysql://x"], 2, "postgresql://"),
        (
            ["scheduler", "--netuid", "1", "--database-url", NOWHERE, "--environments", "metaworld/fly"],
            2,
            "did you mean",
        ),
        (["scheduler", "--netuid", "1", "--database-url", NOWHERE, "--episodes-per-env", "0"], 2, "--episodes-per-env"),
        (["scheduler", "--netuid", "1", "--database-url", NOWHERE, "--eval-interval", "soon"], 2, "--eval-interval"),
        (["scheduler", "--netuid", "1", "--database-url", NOWHERE, "--network", "nowhere"], 2, "nowhere"),
        (["scheduler", "--netuid", "1", "--database-url", NOWHERE, "--backend-key-file", "/none"], 2, "cannot be read"),
        (["cycle", "list", "--database-url", NOWHERE], 3, "cannot be reached"),
        (["cycle", "cancel", "1", "--reason", "a\x00b", "--database-url", NOWHERE], 2, "--reason"),
        (["replay"], 2, "--trace FILE and --task"),
        (["replay", "--task", "1"], 2, "--api-url"),
        (["replay", "--trace", "/no/such/file"], 2, "cannot be read"),
        (["audit"], 2, "--api-url"),
        (["audit", "--api-url", "ftp://x"], 2, "http://"),
    ],
)
def test_wrong_input_is_a_sentence(
    arguments: list[str], exit_code: int, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KINITRO_AUDIT_API_URL", raising=False)
    _, error = run(*arguments)
    assert isinstance(error, KinitroError), error
    assert error.exit_code == exit_code
    assert sentence in str(error)
    assert "secret" not in str(error)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"{}", b'{"trace": "x"}', b"\x01" + b"\x00" * 50])
def test_a_file_that_is_no_trace_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "trace"
    file.write_bytes(content)
    _, error = run("replay", "--trace", str(file))
    assert isinstance(error, KinitroError), error


def test_replay_tells_a_true_trace_from_an_altered_one(tmp_path: Path) -> None:
    rollout = Rollout(make("metaworld/reach-v3"), seed=7, max_steps=60)
    rollout.reset()
    rollout.execute(np.random.default_rng(0).uniform(-1, 1, (60, 4)).astype(np.float32))
    trace = rollout.make_trace(fingerprint())
    true, altered = tmp_path / "true", tmp_path / "altered"
    true.write_bytes(encode(trace))
    actions = read_actions(trace).copy()
    actions[10] *= -1
    altered.write_bytes(encode(msgspec.structs.replace(trace, actions=actions.astype("<f4").tobytes())))
    output, error = run("replay", "--trace", str(true))
    assert error is None
    assert "states    equal to the bit" in output
    output, error = run("replay", "--trace", str(altered))
    assert "states    differ after step 50" in output
    assert "The replay differs: the state after step 50 differs" in str(error)
