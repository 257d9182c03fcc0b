"""Whatever strangers write on the chain excludes nobody but themselves, with a reason that can be shown and stored."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kinitro.chain.commitments import Commitment, Malformed, SealedEndpoint, encode
from kinitro.chain.interface import Block, ChainSnapshot, Neuron, RawCommitment
from kinitro.client.records import FrozenMiner
from kinitro.cycles.freeze import MAX_REASON_CHARS, freeze_miners, list_endpoint_holders
from kinitro.policies.endpoints import canonicalize_endpoint

REVISION = "0123456789abcdef0123456789abcdef01234567"


def snapshot(*entries: tuple[bytes, int, int]) -> ChainSnapshot:
    """One miner per (data, block of the commitment, block of the registration), uids counting from 0."""
    neurons = [Neuron(uid, f"hotkey-{uid}", "cold", registered) for uid, (_, _, registered) in enumerate(entries)]
    commitments = {f"hotkey-{uid}": RawCommitment(block, data) for uid, (data, block, _) in enumerate(entries)}
    return ChainSnapshot(1, Block(1000, b"h" * 32), neurons, commitments, None)


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
        "http://miner-0.example.com/policy",
        "http://miner-0.example.com:443/policy",
        "https://miner-0.example.com/./x/../policy/.",
        "https://miner-0.example.com//policy",
        "https://miner-0.example.com/%70olicy",
    ],
)
def test_of_two_miners_with_one_endpoint_the_first_keeps_it(same: str) -> None:
    thief = encode(Commitment("thief/policy", REVISION, same))
    first, second = freeze_miners(snapshot((honest(0), 50, 10), (thief, 60, 10)))
    assert first.excluded is None
    assert "uid 0 committed the same endpoint in block 50" in str(second.excluded)
    thief_first, robbed = freeze_miners(snapshot((thief, 50, 10), (honest(0), 60, 10)))
    assert (thief_first.excluded, robbed.excluded is None) == (None, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://8.8.8.8", "http://0x8.0x8.2056"),
        ("https://8.8.8.8", "http://134744072"),
        ("https://8.8.8.8:8000", "https://[::ffff:8.8.8.8]:8000"),
        ("https://[2606:4700::1]", "https://[2606:4700:0:0:0:0:0:1]:443/"),
        ("https://xn--mnchen-3ya.example", "https://XN--MNCHEN-3YA.example."),
    ],
)
def test_forms_of_one_address_are_one_endpoint(one: str, other: str) -> None:
    assert canonicalize_endpoint(one) == canonicalize_endpoint(other)


@pytest.mark.parametrize(
    "other", ["https://v.example/b", "https://v.example:8443/a", "https://w.example/a", "https://v.example/A"]
)
def test_other_places_are_other_endpoints(other: str) -> None:
    assert canonicalize_endpoint("https://v.example/a") != canonicalize_endpoint(other)


def stolen(owner_block: int = 70, thief_block: int = 60) -> ChainSnapshot:
    """Uid 0, the owner, committed again at its own address, which uid 1 had copied in between. Uid 2 is honest."""
    return snapshot((honest(0), owner_block, 10), (honest(0), thief_block, 10), (honest(2), 65, 10))


OWNER, THIEF = "hotkey-0", "hotkey-1"


def taking_part(found: ChainSnapshot, **facts: Mapping[str, str] | Mapping[int, str]) -> list[int]:
    return [miner.uid for miner in freeze_miners(found, **facts) if miner.excluded is None]


def test_who_took_part_with_an_endpoint_keeps_it_while_it_is_committed() -> None:
    before = list_endpoint_holders(freeze_miners(snapshot((honest(0), 50, 10))))
    assert taking_part(stolen(), holders=before) == [0, 2]
    reason = freeze_miners(stolen(), holders=before)[1].excluded
    assert "uid 0 committed the same endpoint, and took part with it in the cycle before" in str(reason)
    again = list_endpoint_holders(freeze_miners(stolen(), holders=before))
    assert taking_part(stolen(owner_block=500, thief_block=60), holders=again) == [0, 2]
    moved = snapshot((honest(7), 70, 10), (honest(0), 60, 10))
    assert taking_part(moved, holders=before) == [0, 1], "the owner has left it"


def test_the_hotkey_that_the_server_names_owns_its_endpoint() -> None:
    """Whoever was first, and whoever held it: a squatter locks no owner out."""
    squatted = list_endpoint_holders(freeze_miners(snapshot((honest(9), 50, 10), (honest(0), 50, 10))))
    assert squatted["miner-0.example.com/policy"] == THIEF
    assert taking_part(stolen(), holders=squatted) == [1, 2]
    assert taking_part(stolen(), holders=squatted, named={0: OWNER, 1: OWNER}) == [0, 2]
    assert taking_part(stolen(), holders=squatted, named={1: OWNER}) == [0, 2], "the owner was not reached"
    assert taking_part(stolen(), holders=squatted, named={0: OWNER}) == [0, 2], "the copy was not reached"


def test_a_server_that_serves_somebody_else_gives_nobody_a_place() -> None:
    """Another name of the host, or an address that its owner has not committed yet."""
    alias = encode(Commitment("thief/policy", REVISION, "https://alias.example.com/policy"))
    found = snapshot((honest(0), 50, 10), (alias, 40, 10))
    assert taking_part(found, named={0: OWNER, 1: OWNER}) == [0]
    assert "says that it serves the hotkey 'hotkey-0'" in str(freeze_miners(found, named={1: OWNER})[1].excluded)


def test_copies_in_the_same_block_do_not_win_by_uid() -> None:
    """A copy of a transaction that waits in the pool gets into its block, and uids are up to chance."""
    for thief, owner in ((0, 1), (1, 0)):
        found = snapshot((honest(0), 50, 10), (honest(0), 50, 10), (honest(2), 50, 10))
        assert taking_part(found) == [2]
        assert "in block 50; the one that is served there takes part as soon as" in str(
            freeze_miners(found)[0].excluded
        )
        assert taking_part(found, named={thief: f"hotkey-{owner}", owner: f"hotkey-{owner}"}) == [owner, 2]
        assert taking_part(found, holders=list_endpoint_holders([freeze_miners(snapshot((honest(0), 1, 1)))[0]])) == [
            0,
            2,
        ]


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.integers(0, 4), st.text(max_size=400)), st.dictionaries(st.text(), st.text()))
def test_what_servers_say_harms_nobody_else(named: dict[int, str], holders: dict[str, str]) -> None:
    found = snapshot(*((honest(number), 50, 10) for number in range(5)))
    for miner in freeze_miners(found, named=named, holders=holders):
        assert (miner.excluded is not None) == (miner.uid in named and named[miner.uid] != miner.hotkey)
        assert miner.excluded is None or (miner.excluded.isascii() and miner.excluded.isprintable())


def test_an_excluded_miner_keeps_nobody_from_an_endpoint() -> None:
    stale, fresh = freeze_miners(snapshot((honest(0), 50, 55), (honest(0), 60, 10)))
    assert stale.excluded
    assert fresh.excluded is None


def test_neurons_without_a_commitment_are_no_miners() -> None:
    found = snapshot((honest(0), 50, 10))
    found = ChainSnapshot(1, found.block, [*found.neurons, Neuron(9, "validator", "cold", 1)], found.commitments, None)
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
