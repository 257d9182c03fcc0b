"""What an operator writes on chain about a cycle: bytes that keep their meaning, and are no miner's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kinitro.chain.commitments import Commitment, Malformed, decode, encode, fields
from kinitro.chain.seed_commitments import SeedCommitment, commits_to_the_same, decode_seed_commitment
from kinitro.client.records import CycleConfig, CycleEnvironment, FrozenMiner, Manifest, digest_opening

SEED = SeedCommitment(41, bytes(range(32)))


def test_the_bytes() -> None:
    assert SEED.encode() == b"\xc1" + bytes(7) + b"\x29" + bytes(range(32))
    assert decode_seed_commitment(SEED.encode()) == SEED
    assert fields(SEED.encode()) == (SEED.encode(),), "one field on chain"


def test_a_key_beside_it_changes_nothing_about_what_is_committed() -> None:
    with_key = SeedCommitment(SEED.cycle, SEED.digest, b"k" * 32)
    assert with_key.encode() == SEED.encode() + b"k" * 32
    assert decode_seed_commitment(with_key.encode()) == with_key
    assert len(fields(with_key.encode())) == 1
    assert commits_to_the_same(SEED.encode(), with_key.encode())
    assert not commits_to_the_same(SEED.encode(), SeedCommitment(42, SEED.digest, b"k" * 32).encode())


def test_miners_and_operators_are_not_taken_for_each_other() -> None:
    assert isinstance(decode(SEED.encode()), Malformed)
    miner = encode(Commitment("owner/policy", "a" * 40, "https://miner.example.com"))
    assert decode_seed_commitment(miner) is None


@given(st.binary(max_size=400))
def test_reading_never_raises(data: bytes) -> None:
    seed = decode_seed_commitment(data)
    assert seed is None or seed.encode() == data


def test_the_digest_of_an_opening_stays_what_it_is() -> None:
    """Old cycles must be provable for ever: if this fails, write another format instead of changing this one."""
    miner = FrozenMiner(uid=3, hotkey="h", first_block=5, repo="o/p", revision="a" * 40, endpoint="https://x.example")
    config = CycleConfig(
        environments=[CycleEnvironment(id="metaworld/push-v3", version="1", max_steps=500, random_success=0.25)],
        episodes=50,
        min_episodes=25,
        max_void_share=0.1,
        timeout_s=60.0,
        scoring={"temperature": 0.1, "alpha": 0.05},
        kinitro_version="1.0.0",
    )
    manifest = Manifest(
        cycle_id=41,
        netuid=26,
        network="finney",
        state="open",
        reason=None,
        config=config,
        block=7,
        block_hash="b" * 64,
        miners=[miner],
        key_hash="c" * 64,
        key_committed_block=7,
        beacon_block=None,
        beacon_hash=None,
        seed_key=None,
        created_at="2026-11-26T00:00:00+00:00",
        deadline_at="2026-11-26T06:00:00+00:00",
        published_at=None,
        fingerprint=None,
        executors=[],
        counts={},
        results_root=None,
        traces_kept=False,
    )
    assert digest_opening(manifest).hex() == "ade1026b4b6b3f270804babff5dfea53298087e7c47d3d6f385896d712f27e41"
    over = manifest.model_copy(update={"state": "published", "beacon_block": 9, "counts": {"total": 50}})
    assert digest_opening(over) == digest_opening(manifest), "what happens later does not belong to it"
    for change in ({"key_hash": "d" * 64}, {"miners": []}, {"block": 8}, {"cycle_id": 42}):
        assert digest_opening(manifest.model_copy(update=change)) != digest_opening(manifest)
