"""Evaluations in tracking services: a missing library or a dead service is known before the first episode."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from kinitro.cli import build_app
from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.evaluation.result_files import Provenance, encode_result_file
from kinitro.evaluation.survey import SurveyPlan, Trial
from kinitro.evaluation.tracking import list_metrics, track
from tests.fakes.evaluator import SOLVED

PUSH = "metaworld/push-v3"
PLAN = SurveyPlan.of("http://x", [PUSH], 2, 7, 50)
TRIALS = [Trial(key.env_id, key.episode, "0" * 32, SOLVED) for key in PLAN.keys]
PROVENANCE = Provenance("f" * 16, {"kinitro": "1"}, "c0ffee")


def kinitro(*arguments: object) -> Result:
    return CliRunner().invoke(build_app(), ["evaluate", *map(str, arguments)])


def merge(tmp_path: Path, *arguments: object) -> Result:
    """A whole evaluation without a policy: of one shard."""
    part = SurveyPlan.of("http://x", [PUSH], 2, 7, 50, shard=(1, 1))
    (tmp_path / "1.json").write_bytes(encode_result_file(part, TRIALS, PROVENANCE))
    return kinitro("merge", tmp_path / "1.json", *arguments)


@pytest.mark.parametrize("library", ["mlflow", "wandb"])
def test_a_missing_library_is_said_before_any_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    refused = kinitro("http://127.0.0.1:1", "--track", library, "--results", tmp_path / "results")
    assert isinstance(refused.exception, ConfigurationError)
    assert str(refused.exception) == f"--track {library} needs {library}: pip install 'kinitro[{library}]'."
    assert not (tmp_path / "results").exists()


class Mlflow:
    """The part of the library that is used; it notes what is called."""

    def __init__(self, fails: str = "") -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.fails = fails

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> None:
            if name == self.fails:
                raise RuntimeError("No route to http://me:s3cret@mlflow.example/api.\nMore.")
            print("a line for people")
            files = [Path(path).read_bytes() for path in arguments if name == "log_artifact"]
            self.calls.append((name, *arguments, *options.values(), *files))

        return call


def test_a_run_begins_before_and_has_everything_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", mlflow := Mlflow())  # type: ignore[arg-type]
    done = merge(tmp_path, "--track", "mlflow", "--json", "-")
    assert done.exit_code == 0, done.output
    assert "a line for people" not in done.stdout
    names = [name for name, *_ in mlflow.calls]
    assert names == [
        *("set_experiment", "start_run", "log_params", "log_params", "log_metrics", "log_artifact", "end_run"),
    ]
    settings, facts, metrics = (call[1] for call in mlflow.calls[2:5])
    assert (settings["seed"], settings["randomization"]) == ("7", "standard")
    assert (facts["revision"], facts["version of kinitro"]) == ("c0ffee", "1")
    assert metrics == list_metrics(PLAN, TRIALS)
    assert (metrics[f"success_rate/{PUSH}"], metrics["episodes/all"]) == (1.0, 2.0)
    assert mlflow.calls[5][2] == done.stdout_bytes
    assert mlflow.calls[6][1] == "FINISHED"


def test_what_fails_ends_the_run_as_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", mlflow := Mlflow())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt), track("mlflow", PLAN):
        raise KeyboardInterrupt
    assert mlflow.calls[-1][:2] == ("end_run", "FAILED")


@pytest.mark.parametrize("step", ["start_run", "log_metrics"])
def test_a_service_that_does_not_answer_is_one_sentence_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", Mlflow(fails=step))  # type: ignore[arg-type]
    failed = merge(tmp_path, "--track", "mlflow", "--json", tmp_path / "out.json")
    assert isinstance(failed.exception, UnavailableError)
    assert str(failed.exception) == (
        "--track mlflow does not work (No route to http://mlflow.example/api): check the settings of mlflow."
    )
    assert (tmp_path / "out.json").exists() == (step == "log_metrics")


def test_wandb_is_given_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    class Artifact:
        def __init__(self, name: str, **options: str) -> None:
            calls.append((name.partition("-")[0], options["type"]))

        def add_file(self, path: str) -> None:
            calls.append(Path(path).name)

    run = SimpleNamespace(
        config={},
        log=calls.append,
        log_artifact=lambda artifact: calls.append("logged"),
        finish=lambda exit_code: calls.append(exit_code),
    )
    monkeypatch.delenv("WANDB_PROJECT", raising=False)
    wandb = SimpleNamespace(Artifact=Artifact, init=lambda **options: calls.append(options["project"]) or run)
    monkeypatch.setitem(sys.modules, "wandb", wandb)  # type: ignore[arg-type]
    assert merge(tmp_path, "--track", "wandb").exit_code == 0
    assert calls == ["kinitro", list_metrics(PLAN, TRIALS), ("evaluation", "evaluation"), "result.json", "logged", 0]
    assert run.config["revision"] == "c0ffee"


def test_the_real_mlflow_keeps_an_evaluation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mlflow = pytest.importorskip("mlflow", reason="install kinitro[mlflow] to test with the real library")
    store = (tmp_path / "store").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", store)
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    done = merge(tmp_path, "--track", "mlflow")
    assert done.exit_code == 0, done.output
    client = mlflow.MlflowClient(store)
    (run,) = client.search_runs([client.get_experiment_by_name("kinitro").experiment_id])
    assert (run.info.status, run.data.params["seed"]) == ("FINISHED", "7")
    assert run.data.metrics == list_metrics(PLAN, TRIALS)
    assert [file.path for file in client.list_artifacts(run.info.run_id)] == ["result.json"]
