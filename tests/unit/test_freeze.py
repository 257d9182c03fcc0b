"""Whatever strangers write on the chain excludes nobody but themselves, with a reason that can be shown and stored."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kinitro.chain.commitments import Commitment, Malformed, SealedEndpoint, encode
from kinitro.chain.interface import Block, Neuron, RawCommitment, Snapshot
from kinitro.taskpool.freeze import MAX_REASON_CHARS, freeze_miners
from kinitro.taskpool.records import FrozenMiner

REVISION = "0123456789abcdef0123456789abcdef01234567"


def snapshot(*entries: tuple[bytes, int, int]) -> Snapshot:
    """One miner per (data, block of the commitment, block of the registration), uids counting from 0."""
    neurons = [Neuron(uid, f"hotkey-{uid}", "cold", registered) for uid, (_, _, registered) in enumerate(entries)]
    commitments = {f"hotkey-{uid}": RawCommitment(block, data) for uid, (data, block, _) in enumerate(entries)}
    return Snapshot(1, Block(1000, b"h" * 32), neurons, commitments, None)


def honest(number: int) -> bytes:
    return encode(Commitment(f"owner/policy-{number}", REVISION, f"https://miner-{number}.example.com/policy"))


def legacy(**fields: object) -> bytes:
    given = {"repo": "owner/policy", "revision": REVISION, "endpoint": "https://x.example.com"} | fields
    return json.dumps(given).encode()


def the_last(*entries: tuple[bytes, int, int]) -> FrozenMiner:
    return freeze_miners(snapshot(*entries))[-1]


HOSTILE = {
    "nothing": b"",
    "no JSON": b"{not json",
    "3 MB": b"{" + b"x" * 3_000_000,
    "deep": b"[" * 100_000,
    "deep object": b'{"a":' * 60 + b"1" + b"}" * 60,
    "NUL": legacy(repo="owner/pol\x00icy"),
    "emoji": legacy(repo="owner/🤖"),
    "wrong types": legacy(endpoint=["https://x.example.com"], revision=7),
    "null": legacy(repo=None),
    "a branch": legacy(revision="main"),
    "revision of 70 characters": legacy(revision="a" * 70),
    "user-info": legacy(endpoint="https://user@x.example.com"),
    "loopback": legacy(endpoint="http://127.0.0.1:8000"),
    "metadata service": legacy(endpoint="http://169.254.169.254/latest"),
    "private": legacy(endpoint="https://10.1.2.3"),
    "mapped loopback": legacy(endpoint="http://[::ffff:127.0.0.1]:8000"),
    "IPv6 loopback": legacy(endpoint="http://[::1]:8000"),
    "ssh": legacy(endpoint="https://x.example.com:22"),
    "file": legacy(endpoint="file:///etc/passwd"),
    "no host": legacy(endpoint="https://"),
    "braces": legacy(endpoint="https://x.example.com/{a}"),
    "invalid UTF-8": b'{"repo": "\xff\xfe"}',
    "lone surrogate": b'{"repo": "\\ud800", "revision": "a", "endpoint": "b"}',
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_commitments_are_excluded_with_a_reason(data: bytes) -> None:
    miner = the_last((honest(0), 50, 10), (data, 60, 10))
    assert miner.excluded
    assert freeze_miners(snapshot((honest(0), 50, 10), (data, 60, 10)))[0].excluded is None


def test_a_commitment_older_than_the_registration_does_not_count() -> None:
    assert "older than the registration" in str(the_last((honest(0), 50, 51)).excluded)
    assert the_last((honest(0), 50, 50)).excluded is None


@pytest.mark.parametrize(
    "same",
    [
        "https://MINER-0.example.com/policy",
        "https://miner-0.example.com:443/policy/",
        "https://miner-0.example.com./policy",
    ],
)
def test_of_two_miners_with_one_endpoint_the_first_keeps_it(same: str) -> None:
    thief = encode(Commitment("thief/policy", REVISION, same))
    first, second = freeze_miners(snapshot((honest(0), 50, 10), (thief, 60, 10)))
    assert first.excluded is None
    assert "uid 0 committed the same endpoint in block 50" in str(second.excluded)
    thief_first, robbed = freeze_miners(snapshot((thief, 50, 10), (honest(0), 60, 10)))
    assert (thief_first.excluded, robbed.excluded is None) == (None, False)


def test_an_excluded_miner_keeps_nobody_from_an_endpoint() -> None:
    stale, fresh = freeze_miners(snapshot((honest(0), 50, 55), (honest(0), 60, 10)))
    assert stale.excluded
    assert fresh.excluded is None


def test_neurons_without_a_commitment_are_no_miners() -> None:
    found = snapshot((honest(0), 50, 10))
    found = Snapshot(1, found.block, [*found.neurons, Neuron(9, "validator", "cold", 1)], found.commitments, None)
    assert [miner.uid for miner in freeze_miners(found)] == [0]


def test_sealed_endpoints_need_the_operators_key() -> None:
    sealed = encode(Commitment("owner/policy", REVISION, SealedEndpoint(b"s" * 60)))
    assert "sealed" in str(the_last((sealed, 50, 10)).excluded)
    opened = freeze_miners(snapshot((sealed, 50, 10)), unseal=lambda endpoint, hotkey: f"https://{hotkey}.example.com")
    assert (opened[0].endpoint, opened[0].excluded) == ("https://hotkey-0.example.com", None)
    refused = freeze_miners(snapshot((sealed, 50, 10)), unseal=lambda endpoint, hotkey: Malformed("sealed to another"))
    assert refused[0].excluded == "sealed to another"
    inward = freeze_miners(snapshot((sealed, 50, 10)), unseal=lambda endpoint, hotkey: "http://127.0.0.1:1")
    assert inward[0].excluded == "the sealed endpoint leads to where no policy server may be"


anything = st.one_of(
    st.binary(max_size=400),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=80),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries(
        {
            "repo": st.text(max_size=100) | st.just("owner/policy"),
            "revision": st.text(max_size=80) | st.just(REVISION),
            "endpoint": st.text(max_size=140).map(lambda text: "https://" + text) | st.text(max_size=60),
        }
    ).map(lambda value: json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")),
    st.tuples(st.integers(0, 100), st.integers(0, 255)).map(
        lambda change: honest(7)[: change[0]] + bytes([change[1]]) + honest(7)[change[0] + 1 :]
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(anything, st.integers(60, 2**62), st.integers(0, 2**62)), max_size=6), st.booleans())
@example([(data, 60, 10) for data in HOSTILE.values()], True)
def test_hostile_neighbours_change_nothing_for_honest_miners(
    hostile: list[tuple[bytes, int, int]], allow_private: bool
) -> None:
    entries = [(honest(0), 50, 10), *hostile, (honest(1), 51, 10)]
    frozen = freeze_miners(snapshot(*entries), allow_private=allow_private)
    alone = freeze_miners(snapshot((honest(0), 50, 10), (honest(1), 51, 10)), allow_private=allow_private)
    assert len(frozen) == len(entries)
    assert frozen[0] == alone[0]
    assert frozen[-1].model_copy(update={"uid": 1, "hotkey": "hotkey-1"}) == alone[1]
    for miner in frozen:
        for text in (miner.repo, miner.revision, miner.endpoint, miner.excluded):
            assert text is None or (text.isascii() and text.isprintable() and len(text) <= MAX_REASON_CHARS)
