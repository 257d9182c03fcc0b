"""What a sandbox says about a policy."""

from __future__ import annotations

import msgspec

from kinitro.sandbox.interface import MIB, Ending, EndReason, Limits


def test_an_ending_is_one_line_of_evidence() -> None:
    ending = Ending(EndReason.EXITED, 1, "Traceback\n  File x\nValueError: no weights\n")
    assert str(ending) == "exited with status 1: ValueError: no weights"
    assert msgspec.json.decode(msgspec.json.encode(ending), type=Ending) == ending
    assert str(Ending(EndReason.MEMORY, 137, "")) == "memory"
    assert [reason for reason in EndReason if Ending(reason, None, "").is_ours] == [EndReason.KILLED]


def test_limits_have_sensible_defaults() -> None:
    limits = Limits()
    assert limits.start_s < limits.wall_s
    assert limits.file_bytes < limits.memory_bytes
    assert limits.output_bytes >= MIB
