"""A policy's directory as executors host it: what would be uploaded of it, in the sandbox, over a Unix socket."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from kinitro.evaluation import EpisodeResult
from kinitro.evaluation.jobs import Evaluator, Job
from kinitro.executor.hosting import HostedPolicies, SandboxedUploads, UploadedPolicy
from kinitro.miner.contents import list_contents
from kinitro.sandbox.settings import SandboxSettings

OWNER = "this directory"


class SandboxedEvaluator:
    """An `Evaluator` that plays every job against one hosted policy, whatever its endpoint."""

    def __init__(self, evaluator: Evaluator, policies: HostedPolicies, source: UploadedPolicy) -> None:
        self._evaluator = evaluator
        self._policies = policies
        self._source = source
        self.fingerprint = ""
        self.versions: dict[str, str] = {}

    @property
    def capacity(self) -> int:
        """How many jobs it runs at once."""
        return self._evaluator.capacity

    async def start(self) -> None:
        """Return when jobs can be run; raises EvaluatorUnavailable."""
        await self._evaluator.start()
        self.fingerprint, self.versions = self._evaluator.fingerprint, self._evaluator.versions

    async def evaluate(self, job: Job) -> EpisodeResult:
        """Run one job. Raises EvaluatorUnavailable."""
        return await self._policies.evaluate(self._evaluator, job, OWNER, self._source)

    async def close(self) -> None:
        """Stop everything at once."""
        await self._policies.close()
        await self._evaluator.close()


class _Copy:
    """The only upload there is."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    async def fetch(self, repo: str, revision: str, at_most: int | None = None) -> Path:  # noqa: ARG002
        return self._directory


@asynccontextmanager
async def host_directory(directory: Path, evaluator: Evaluator) -> AsyncIterator[SandboxedEvaluator]:
    """Host what `kinitro upload` would publish of a directory, with the limits that hosted policies have by default.

    Raises ProjectError if the directory could not be uploaded, SandboxUnavailable if this machine cannot isolate it.
    """
    contents = list_contents(directory)
    settings = SandboxSettings(allow_no_control_group=True)
    sandbox, runtime = await settings.open_sandbox()
    with tempfile.TemporaryDirectory(prefix="kinitro-policy-") as scratch:
        copy = Path(scratch) / "policy"
        for name in contents.sizes:
            target = copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(directory / name, target)
            target.chmod(0o444)
        for place in (Path(scratch), copy, *(path for path in copy.rglob("*") if path.is_dir())):
            place.chmod(0o755)
        policies = HostedPolicies(SandboxedUploads(_Copy(copy), sandbox, runtime), instances=1)
        hosted = SandboxedEvaluator(evaluator, policies, UploadedPolicy("this/directory", "0" * 40))
        try:
            yield hosted
        finally:
            await policies.close()
