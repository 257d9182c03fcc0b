"""Remembering the commitments to seed keys, as they were seen while their cycles ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from kinitro.client.errors import ApiNotFound
from kinitro.client.http import ApiClient
from kinitro.client.records import Manifest
from kinitro.errors import ConfigurationError
from kinitro.files import replace_file
from kinitro.logs import get_logger

_log = get_logger(__name__)
MAX_REMEMBERED = 1000
"""How many cycles of one API are remembered; the oldest are forgotten."""


class _WitnessFile(msgspec.Struct):
    """The file's content: address of an API -> cycle -> key_hash."""

    seen: dict[str, dict[int, str]] = {}


@dataclass
class Witness:
    """Key hashes by API and cycle. An operator who exchanges a key later is caught by whoever saw the first hash."""

    path: Path | None = None
    seen: dict[str, dict[int, str]] = field(default_factory=dict)

    @classmethod
    def load_if_readable(cls, path: Path) -> Self:
        """Load as `load` does, but only warn of a file that cannot be read, for callers that can do without it."""
        try:
            return cls.load(path)
        except ConfigurationError as error:
            _log.warning("witness_unreadable", reason=str(error))
            return cls(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Load what was remembered in a file; nothing if the file does not exist. Raises ConfigurationError."""
        try:
            return cls(path, msgspec.json.decode(path.read_bytes(), type=_WitnessFile).seen)
        except FileNotFoundError:
            return cls(path)
        except (OSError, msgspec.MsgspecError) as error:
            raise ConfigurationError(f"{path} cannot be read as a witness file: {error}.") from None

    def save(self) -> None:
        """Write the file, as a whole or not at all. Raises ConfigurationError."""
        if self.path is None:
            return
        try:
            replace_file(self.path, msgspec.json.encode(_WitnessFile(self.seen)))
        except OSError as error:
            raise ConfigurationError(f"{self.path} cannot be written: {error.strerror}.") from None

    async def note_newest(self, api: ApiClient) -> None:
        """Remember the commitment of the cycle that runs now. Raises ApiUnavailable, ApiRefused."""
        cycle_id = (await api.status()).cycle_id
        if cycle_id is None:
            return
        try:
            manifest = await api.get(f"/v1/cycles/{cycle_id}/manifest", Manifest)
        except ApiNotFound:
            return
        if manifest.seed_key is None:
            self.note(api.base_url, manifest)

    def note(self, base_url: str, manifest: Manifest) -> None:
        """Remember a commitment; the first one seen of a cycle is kept."""
        hashes = self.seen.setdefault(base_url, {})
        hashes.setdefault(manifest.cycle_id, manifest.key_hash)
        for forgotten in sorted(hashes)[:-MAX_REMEMBERED]:
            del hashes[forgotten]

    def key_hash(self, base_url: str, cycle_id: int) -> str | None:
        """The key hash that was seen while this cycle ran; None if it was not seen."""
        return self.seen.get(base_url, {}).get(cycle_id)
