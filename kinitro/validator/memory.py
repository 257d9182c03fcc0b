"""What a validator remembers over restarts: the last publications, what it has sent, and rows not yet seen on chain."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from kinitro.client.messages import Weights
from kinitro.files import replace_file
from kinitro.logs import get_logger

_log = get_logger(__name__)


class PendingReveal(BaseModel):
    """Weights that were set or committed in `block` and must be on chain as `row` by `deadline_block`."""

    block: int
    deadline_block: int
    row: dict[int, int]


class Attempt(BaseModel):
    """Weights that were sent after `block`; the chain can include them up to `until_block`, and not later."""

    publication: str
    block: int
    until_block: int
    row: dict[int, int]


class ValidatorMemory(BaseModel):
    """Everything that a validator remembers; saved whenever it changes.

    Without it a validator that starts again fetches and audits once more, and sets weights a little earlier or later:
    so it goes on without a file that cannot be read or written.
    """

    model_config = ConfigDict(extra="forbid")

    accepted: Weights | None = None
    """The newest publication that passed all checks."""
    qualified: Weights | None = None
    """The newest publication that passed all checks and in which somebody qualified."""
    set_publication: str | None = None
    """The publication whose weights were set last, as `identify_publication` names it."""
    attempt: Attempt | None = None
    """Weights that were sent, and whose fate is not known yet."""
    pending: list[PendingReveal] = []


def identify_publication(publication: Weights) -> str:
    """Name a publication by cycle and time; cycle numbers alone repeat after the operator's database was recreated."""
    return f"{publication.cycle_id}@{publication.published_at}"


class MemoryFile:
    """The JSON file with a validator's memory; it is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> ValidatorMemory:
        """Load what was saved; an empty memory if there is no file or it cannot be read."""
        try:
            return ValidatorMemory.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return ValidatorMemory()
        except (OSError, ValidationError) as error:
            _log.warning("memory_unreadable", path=str(self._path), error=str(error).splitlines()[0])
            return ValidatorMemory()

    def save(self, memory: ValidatorMemory) -> None:
        """Write it, or say in the log why it cannot be written."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, memory.model_dump_json().encode())
        except OSError as error:
            _log.warning(
                "memory_not_saved",
                path=str(self._path),
                reason=error.strerror,
                hint="weights are set all the same; give a writable directory with --state-directory",
            )
