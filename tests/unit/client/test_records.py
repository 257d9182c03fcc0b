"""Public records are bounded where they are read: what follows from them is computed with 64-bit integers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from kinitro.client.records import FrozenMiner


@pytest.mark.parametrize("wrong", [{"first_block": 2**70}, {"first_block": -1}, {"uid": 65536}, {"uid": -1}], ids=str)
def test_numbers_that_no_chain_has_are_not_read(wrong: dict[str, Any]) -> None:
    miner = FrozenMiner(uid=65535, hotkey="h", first_block=2**63 - 1, repo=None, revision=None, endpoint=None)
    with pytest.raises(ValidationError):
        FrozenMiner.model_validate(miner.model_dump() | wrong)
