"""The sealed pack of a cycle that is about to open: the operator's file, or one that is made for it."""

from __future__ import annotations

import secrets
from pathlib import Path

from kinitro.environments.packs.directory import read_pack_file
from kinitro.environments.packs.format import decode_pack, encode_pack
from kinitro.environments.packs.making import SEED_BYTES, make_pack
from kinitro.environments.registry import all_specs
from kinitro.errors import ConfigurationError

NEW = "new"


def prepare_pack(wanted: str) -> bytes:
    """Return the bytes of the pack in a file, checked, or of a new one if `wanted` is NEW. Raises InvalidPack.

    The seed of a new one is not kept: what is in it is in the database only, until the reveal.
    """
    if wanted != NEW:
        try:
            path = Path(wanted).expanduser()
        except RuntimeError:
            raise ConfigurationError(f"--pack cannot be {wanted!r}: there is no such home directory.") from None
        data = read_pack_file(path)
        decode_pack(data)
        return data
    instructions = {spec.task_name: spec.instruction for spec in all_specs()}
    return encode_pack(make_pack(secrets.token_bytes(SEED_BYTES), instructions))
