"""From verdicts to who earns nothing: the public rule that scheduler and auditors share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kinitro.client.verdicts import Cause, Evidence, Verdict, VerdictRow, VerificationRule, count_verdicts

RULE = VerificationRule()


def rows(uid: int, *verdicts: Verdict, cause: Cause | None = "upload") -> Iterator[VerdictRow]:
    for number, verdict in enumerate(verdicts):
        evidence = Evidence(cause=cause if verdict == "error" else None)
        yield VerdictRow(
            task_id=1000 * uid + number, cycle_id=1, uid=uid, verdict=verdict, evidence=evidence, finished_at=""
        )


def disqualified(*of_miners: Iterator[VerdictRow], rule: VerificationRule = RULE) -> set[int]:
    counts = count_verdicts([row for miner in of_miners for row in miner], rule)
    return {uid for uid, count in counts.items() if count.disqualified}


def test_one_failed_check_costs_nothing_and_two_do() -> None:
    assert disqualified(rows(1, "mismatch", "match"), rows(2, "mismatch", "unverifiable", "match")) == {2}
    assert disqualified(rows(1, *["mismatch"] * 2, *["match"] * 30)) == set(), "a tenth of them must"


def test_whose_checks_alone_keep_breaking_off_earns_nothing() -> None:
    assert disqualified(rows(1, *["error"] * 3), rows(2, "match")) == {1}
    assert disqualified(rows(1, *["error"] * 30), rows(2, "mismatch")) == {1}, "a comparison is what counts"


def test_what_fails_for_everybody_costs_nobody_anything() -> None:
    assert disqualified(rows(1, *["error"] * 30), rows(2, *["error"] * 30)) == set()
    assert disqualified(rows(1, *["error"] * 30), rows(2, "unverifiable")) == set(), "the hub may know nobody today"


def test_it_earns_again_as_soon_as_its_checks_succeed() -> None:
    assert disqualified(rows(1, "error", "error", "match", "match"), rows(2, "match")) == set()


def test_matching_once_does_not_buy_thirty_errors() -> None:
    assert disqualified(rows(1, *["error"] * 30, "match"), rows(2, "match")) == {1}


@pytest.mark.parametrize("cause", ["machine", None])
def test_our_own_errors_and_those_of_older_records_count_nowhere(cause: Cause | None) -> None:
    assert disqualified(rows(1, *["error"] * 30, cause=cause), rows(2, "match")) == set()


def test_one_error_alone_costs_nothing() -> None:
    assert disqualified(rows(1, "error"), rows(2, "match")) == set()
    patient = RULE.model_copy(update={"least_failed": 5})
    assert disqualified(rows(1, *["error"] * 4), rows(2, "match"), rule=patient) == set()


def test_the_sentence_says_which_of_the_two_it_was() -> None:
    counts = count_verdicts([*rows(1, *["error"] * 3), *rows(2, "mismatch", "mismatch")], RULE)
    assert counts[1].unverified
    assert "it was not verified" in counts[1].sentence
    assert counts[1].by_verdict == {"error": 3}
    assert not counts[2].unverified
    assert counts[2].sentence.startswith("2 of 2 checks failed")
