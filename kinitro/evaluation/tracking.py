"""Evaluations in a tracking service: MLflow or Weights & Biases, through their own libraries and settings.

Where a run goes follows from what these libraries read themselves, such as MLFLOW_TRACKING_URI, MLFLOW_EXPERIMENT_NAME,
WANDB_API_KEY, WANDB_PROJECT and WANDB_MODE. A run is begun before the first episode, so that a service that cannot be
used is known before.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

from kinitro.errors import ConfigurationError, UnavailableError
from kinitro.evaluation.result_files import Provenance
from kinitro.evaluation.sensitivity import measure_effects
from kinitro.evaluation.summary import summarize_all
from kinitro.evaluation.survey import SurveyPlan, Trial

T = TypeVar("T")
Service = Literal["mlflow", "wandb"]
PROJECT = "kinitro"
"""The experiment or project, unless the library's own settings name another."""
MLFLOW_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""Used unless they are set. By its defaults MLflow tries for minutes to reach a server that does not answer."""
_CREDENTIALS = re.compile(r"//[^/@\s]+@")
_SHOWN_CHARACTERS = 300


class Tracker(Protocol):
    """A run in a tracking service that has begun."""

    def finish(self, facts: Mapping[str, str], metrics: Mapping[str, float], files: Mapping[str, bytes]) -> None:
        """Record everything and end the run as finished: facts and metrics by name, files by file name."""

    def abandon(self) -> None:
        """End the run as failed."""


@contextmanager
def track(service: Service | None, plan: SurveyPlan) -> Iterator[Tracker | None]:
    """Begin a run, and end it as failed if what is done within raises; None does nothing.

    Raises ConfigurationError if the library is missing, and UnavailableError if the service cannot be used.
    """
    if service is None:
        yield None
        return
    tracker = _STARTS[service](plan)
    try:
        yield tracker
    except BaseException:
        with suppress(UnavailableError):  # the first error is the one to tell
            tracker.abandon()
        raise


def list_facts(provenance: Provenance) -> dict[str, str]:
    """Return what an evaluation depends on, by name, beside its plan."""
    versions = {f"version of {name}": version for name, version in provenance.versions.items()}
    return {"fingerprint": provenance.fingerprint, "revision": provenance.revision or "not known"} | versions


def list_metrics(plan: SurveyPlan, trials: Sequence[Trial]) -> dict[str, float]:
    """Return the numbers of an evaluation by name, such as `success_rate/metaworld/push-v3`."""
    metrics: dict[str, float] = {}
    for row in summarize_all(plan, trials):
        found = {
            "success_rate": row.success_rate,
            "success_rate_low": row.interval[0],
            "success_rate_high": row.interval[1],
            "episodes": row.episodes,
            "policy_faults": row.policy_faults,
            "forfeits": row.forfeits,
            "steps_to_success": row.steps_to_success,
            "policy_p95_ms": row.policy_p95_ms,
        }
        metrics |= {f"{name}/{row.env_id}": float(value) for name, value in found.items() if value is not None}
    if plan.header.sensitivity:
        for effect in measure_effects(plan, trials):
            metrics[f"effect/{effect.group}"] = effect.overall.difference
    return metrics


def _list_settings(plan: SurveyPlan) -> dict[str, str]:
    header = plan.header
    return {
        "target": header.target,
        "environments": ", ".join(f"{env_id} version {version}" for env_id, version in header.environments),
        "episodes": str(header.episodes),
        "seed": str(header.seed),
        "max_steps": str(header.max_steps or "the horizon"),
        "randomization": header.randomization,
        "sensitivity": str(header.sensitivity),
    }


class _MlflowRun:
    def __init__(self, plan: SurveyPlan) -> None:
        try:
            import mlflow
        except ImportError:
            raise _explain_missing("mlflow") from None
        self._mlflow: Any = mlflow
        for name, value in MLFLOW_PATIENCE.items():
            os.environ.setdefault(name, value)
        _try("mlflow", lambda: self._begin(plan))

    def _begin(self, plan: SurveyPlan) -> None:
        if not {"MLFLOW_EXPERIMENT_NAME", "MLFLOW_EXPERIMENT_ID"} & os.environ.keys():
            self._mlflow.set_experiment(PROJECT)
        self._mlflow.start_run(run_name=plan.name)
        self._mlflow.log_params(_list_settings(plan))

    def finish(self, facts: Mapping[str, str], metrics: Mapping[str, float], files: Mapping[str, bytes]) -> None:
        def record() -> None:
            self._mlflow.log_params(dict(facts))
            self._mlflow.log_metrics(dict(metrics))
            with _written(files) as paths:
                for path in paths:
                    self._mlflow.log_artifact(str(path))
            self._mlflow.end_run("FINISHED")

        _try("mlflow", record)

    def abandon(self) -> None:
        _try("mlflow", lambda: self._mlflow.end_run("FAILED"))


class _WandbRun:
    def __init__(self, plan: SurveyPlan) -> None:
        try:
            import wandb
        except ImportError:
            raise _explain_missing("wandb") from None
        self._wandb: Any = wandb
        self._plan = plan
        self._run: Any = _try("wandb", self._begin)

    def _begin(self) -> Any:
        project = os.environ.get("WANDB_PROJECT") or PROJECT
        return self._wandb.init(project=project, job_type="evaluate", config=_list_settings(self._plan))

    def finish(self, facts: Mapping[str, str], metrics: Mapping[str, float], files: Mapping[str, bytes]) -> None:
        def record() -> None:
            self._run.config.update(dict(facts))
            self._run.log(dict(metrics))
            with _written(files) as paths:
                artifact = self._wandb.Artifact(f"evaluation-{self._plan.name}", type="evaluation")
                for path in paths:
                    artifact.add_file(str(path))
                self._run.log_artifact(artifact)
                self._run.finish(exit_code=0)

        _try("wandb", record)

    def abandon(self) -> None:
        _try("wandb", lambda: self._run.finish(exit_code=1))


_STARTS: dict[Service, Callable[[SurveyPlan], Tracker]] = {"mlflow": _MlflowRun, "wandb": _WandbRun}


def _explain_missing(service: Service) -> ConfigurationError:
    return ConfigurationError(f"--track {service} needs {service}: pip install 'kinitro[{service}]'.")


def _try(service: Service, work: Callable[[], T]) -> T:
    """Call a library, whose errors can be of any kind; raises UnavailableError without credentials.

    What it prints goes to standard error: a result may be on standard output.
    """
    try:
        with redirect_stdout(sys.stderr):
            return work()
    except Exception as error:
        lines = _CREDENTIALS.sub("//", str(error)).strip().splitlines() or [type(error).__name__]
        reason = lines[0][:_SHOWN_CHARACTERS].rstrip(".")
        raise UnavailableError(
            f"--track {service} does not work ({reason}): check the settings of {service}."
        ) from None


@contextmanager
def _written(files: Mapping[str, bytes]) -> Iterator[list[Path]]:
    """Write the files to a directory that lasts as long as they are needed."""
    with tempfile.TemporaryDirectory() as directory:
        paths = [Path(directory) / name for name in files]
        for path, content in zip(paths, files.values(), strict=True):
            path.write_bytes(content)
        yield paths
