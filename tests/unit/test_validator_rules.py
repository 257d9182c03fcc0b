"""What a validator may set and when: pure rules on publications and snapshots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from kinitro.chain import Block, ChainSnapshot, Hyperparameters, Neuron
from kinitro.chain.weights import upscale_weights
from kinitro.client.messages import Weights
from kinitro.errors import ConfigurationError
from kinitro.validator.errors import WeightsRefused
from kinitro.validator.memory import MemoryFile, PendingReveal, ValidatorMemory
from kinitro.validator.plan import check_age, check_publication, plan_burn, plan_weights
from kinitro.validator.preflight import check_rate_limit, check_rights, check_row, find_neuron
from kinitro.validator.service import encode_version
from kinitro.validator.settings import ValidatorSettings
from kinitro.validator.timing import find_due_block, find_next_look_block, find_reveal_deadline_block
from tests.standin.backend import publication

NETUID = 7
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def snapshot(
    hotkeys: Mapping[int, str],
    *,
    block: int = 1000,
    owner: str | None = "owner",
    next_epoch: int | None = 1200,
    **rules: object,
) -> ChainSnapshot:
    neurons = [Neuron(uid, hotkey, "cold", 1, validator_permit=True, stake=10.0) for uid, hotkey in hotkeys.items()]
    hyperparameters = replace(Hyperparameters(), **rules)
    return ChainSnapshot(NETUID, Block(block, bytes(32)), neurons, {}, owner, hyperparameters, next_epoch)


HOTKEYS = {0: "a", 1: "b", 2: "c"}
WEIGHTS = publication(5, NETUID, {0: 0.75, 1: 0.2, 2: 0.05}, HOTKEYS, published_at=NOW)


# --- what ----------------------------------------------------------------------------------------------------------


def test_weights_follow_hotkeys() -> None:
    plan = plan_weights(WEIGHTS, snapshot({0: "new", 1: "b", 2: "c", 9: "a"}), 0.1)
    assert plan.weights == {9: 65535, 1: 17476, 2: 4369}
    assert plan.unregistered == ()


def test_a_small_share_of_departed_hotkeys_is_left_out() -> None:
    plan = plan_weights(WEIGHTS, snapshot({0: "a", 1: "b", 2: "new"}), 0.1)
    assert plan.weights == {0: 65535, 1: 17476}
    assert plan.unregistered == ("c",)


@pytest.mark.parametrize(
    ("present", "share"), [({1: "b", 2: "c"}, "75%"), ({0: "a", 2: "c"}, "20%"), ({5: "x"}, "100%")]
)
def test_a_large_share_of_departed_hotkeys_is_refused(present: dict[int, str], share: str) -> None:
    with pytest.raises(WeightsRefused, match=f"{share} of the weight of cycle 5"):
        plan_weights(WEIGHTS, snapshot(present), 0.1)


@given(
    st.dictionaries(st.integers(0, 255), st.floats(0.001, 1), min_size=1, max_size=20),
    st.sets(st.integers(0, 255)),
    st.randoms(),
)
def test_whatever_is_set_goes_to_published_hotkeys_in_proportion(
    shares: dict[int, float], gone: set[int], random: object
) -> None:
    total = sum(shares.values())
    hotkeys = {uid: f"hotkey {uid}" for uid in shares}
    weights = publication(1, NETUID, {uid: share / total for uid, share in shares.items()}, hotkeys)
    slots = {(uid * 7) % 256: hotkey for uid, hotkey in hotkeys.items() if uid not in gone}
    try:
        plan = plan_weights(weights, snapshot(slots), 0.5)
    except WeightsRefused:
        return
    assert max(plan.weights.values()) == 65535
    kept = {(uid * 7) % 256: value for uid, value in weights.weights_u16.items() if uid not in gone}
    assert plan.weights == upscale_weights(kept)


def test_burning_goes_to_the_owner_wherever_its_uid_is() -> None:
    assert plan_burn(snapshot({0: "a", 4: "owner"})).weights == {4: 65535}


@pytest.mark.parametrize("owner", ["owner", None])
def test_burning_without_the_owners_uid_is_refused(owner: str | None) -> None:
    with pytest.raises(WeightsRefused, match="has no uid on subnet 7"):
        plan_burn(snapshot({0: "a"}, owner=owner))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"netuid": 8}, "are for subnet 8, not 7"),
        ({"weights_u16": {0: 65535, 1: 17476}}, "different uids"),
        ({"hotkeys": {0: "a"}}, "different uids"),
        ({"hotkeys": {0: "a", 1: "a", 2: "c"}}, "one hotkey twice"),
        ({"weights_u16": {0: 65535, 1: 17476, 2: 65536}}, "leave the range"),
        ({"weights_u16": {0: 65535, 1: 17476, 2: -1}}, "leave the range"),
        ({"weights_u16": {0: 65535, 1: 17476, 2: 65535}}, "floats and integers differ"),
        ({"weights": {0: 0.75, 1: 0.2, 2: 0.5}}, "sum to"),
        ({"weights": {0: 1.2, 1: -0.25, 2: 0.05}}, "sum to"),
        ({"fallback": "nobody_qualified"}, "fallback"),
        ({"weights": {}, "weights_u16": {}}, "fallback"),
        ({"published_at": "yesterday"}, "not a time with a time zone"),
        ({"published_at": "2026-11-22T12:00:00"}, "not a time with a time zone"),
    ],
)
def test_publications_that_contradict_themselves(change: dict[str, object], says: str) -> None:
    check_publication(WEIGHTS, NETUID)
    with pytest.raises(WeightsRefused, match=says):
        check_publication(WEIGHTS.model_copy(update=change), NETUID)


def test_nobody_qualified_is_a_valid_publication() -> None:
    check_publication(publication(6, NETUID, {}, {}), NETUID)


def test_age() -> None:
    check_age(WEIGHTS, NOW + timedelta(hours=48), timedelta(hours=48))
    with pytest.raises(WeightsRefused, match=r"48\.5 h old, and --max-age is 48\.0 h"):
        check_age(WEIGHTS, NOW + timedelta(hours=48.5), timedelta(hours=48))
    with pytest.raises(WeightsRefused, match="from the future"):
        check_age(WEIGHTS, NOW - timedelta(hours=1), timedelta(hours=48))


# --- whether -------------------------------------------------------------------------------------------------------


def test_preflight_names_each_obstacle() -> None:
    world = snapshot({0: "a", 1: "owner"}, weights_version=2, min_stake=10.0)
    neuron = world.neurons[0]
    check_rights(world, neuron, {1: 65535}, 2)
    with pytest.raises(WeightsRefused, match=r"demands weights of version 2.*upgrade"):
        check_rights(world, neuron, {1: 65535}, 1)
    with pytest.raises(WeightsRefused, match=r"stake of 9\.000.*needs 10\.000"):
        check_rights(world, replace(neuron, stake=9.0), {1: 65535}, 2)
    powerless = replace(neuron, validator_permit=False)
    with pytest.raises(WeightsRefused, match="no validator permit"):
        check_rights(world, powerless, {1: 65535}, 2)
    check_rights(world, powerless, {0: 65535}, 2)
    check_rights(world, replace(powerless, uid=1, hotkey="owner"), {0: 65535}, 2)
    with pytest.raises(WeightsRefused, match="not registered on subnet 7"):
        find_neuron(world, "stranger")


def test_preflight_knows_the_subnets_limits() -> None:
    world = snapshot(HOTKEYS, min_allowed_weights=2, max_weight_limit=32768)
    check_row(world, world.neurons[0], {0: 65535})
    check_row(world, world.neurons[0], {1: 65535, 2: 65535})
    with pytest.raises(WeightsRefused, match="at least 2 weights"):
        check_row(world, world.neurons[0], {1: 65535})
    with pytest.raises(WeightsRefused, match=r"at most 50\.0% of the weight.*, and 66\.7% were"):
        check_row(world, world.neurons[0], {1: 65534, 2: 32767})


def test_a_subnet_smaller_than_its_minimum_wants_a_weight_for_each_neuron() -> None:
    world = snapshot(HOTKEYS, min_allowed_weights=8)
    check_row(world, world.neurons[0], {0: 1, 1: 1, 2: 1})
    with pytest.raises(WeightsRefused, match="at least 3 weights"):
        check_row(world, world.neurons[0], {0: 1, 1: 1})


def test_the_owner_needs_no_stake() -> None:
    world = snapshot({0: "owner"}, min_stake=1000.0)
    check_rights(world, world.neurons[0], {1: 65535}, 0)


def test_preflight_knows_the_rate_limit() -> None:
    world = snapshot({0: "a"}, weights_rate_limit=100)
    neuron = world.neurons[0]
    check_rate_limit(world, neuron)
    check_rate_limit(world, replace(neuron, last_update=900))
    with pytest.raises(WeightsRefused, match="wait 1 more"):
        check_rate_limit(world, replace(neuron, last_update=901))
    with pytest.raises(WeightsRefused, match=r"was registered in block 950, and subnet 7 allows .* wait 50 more"):
        check_rate_limit(world, replace(neuron, registered_block=950, last_update=950))


def test_the_version_key_grows_with_the_version() -> None:
    assert encode_version("0.1.0") == 1000
    assert encode_version("0.1.9") < encode_version("0.2.0") < encode_version("1.0.0")
    assert encode_version() > 0


# --- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last_update", "news", "due"),
    [
        (0, True, 1000),  # never set: at once
        (890, True, 1000),  # the rate limit has passed
        (950, True, 1050),  # as soon as the rate limit allows
        (0, False, 1110),  # nothing set in this epoch (840 to 1199): in its last quarter
        (839, False, 1110),
        (840, False, 1470),  # set in this epoch: in the last quarter of the next one
        (950, False, 1470),
    ],
)
def test_when_weights_are_due(last_update: int, news: bool, due: int) -> None:
    world = snapshot({0: "a"}, tempo=360, weights_rate_limit=100)
    assert find_due_block(world, replace(world.neurons[0], last_update=last_update), news=news) == due


def test_a_registration_is_no_setting_of_weights() -> None:
    world = snapshot({0: "a"}, tempo=360, weights_rate_limit=100)
    newcomer = replace(world.neurons[0], registered_block=900, last_update=900)
    assert find_due_block(world, newcomer, news=False) == 1110, "in this epoch, not in the next one"
    late = replace(newcomer, registered_block=1095, last_update=1095)
    assert find_due_block(world, late, news=False) == 1195, "as soon as the rate limit allows"


@given(
    tempo=st.integers(1, 5000),
    rate_limit=st.integers(0, 500),
    into=st.integers(0, 5000),
    last_update=st.integers(0, 9999),
    news=st.booleans(),
)
def test_weights_are_due_in_every_epoch_and_never_too_early(
    tempo: int, rate_limit: int, into: int, last_update: int, news: bool
) -> None:
    now = 10_000
    next_epoch = now + 1 + into % tempo
    world = snapshot({0: "a"}, block=now, next_epoch=next_epoch, tempo=tempo, weights_rate_limit=rate_limit)
    due = find_due_block(world, replace(world.neurons[0], last_update=last_update), news=news)
    allowed = last_update + rate_limit if last_update else now
    assert due >= max(now, allowed)
    if last_update < next_epoch - tempo:
        assert due <= max(next_epoch, allowed)
    assert due <= max(next_epoch + tempo, allowed)


@given(
    tempo=st.integers(20, 400),
    registered=st.integers(1, 2000),
    poll=st.integers(1, 5),
    changes=st.lists(st.tuples(st.integers(1, 2000), st.integers(0, 12)), max_size=6),
)
def test_no_epoch_is_skipped_whatever_the_owner_and_the_chain_do_with_epochs(
    tempo: int, registered: int, poll: int, changes: list[tuple[int, int]]
) -> None:
    """`changes`: blocks in which an epoch is triggered (ten blocks ahead), and for how many blocks it is deferred."""
    base = snapshot({0: "a"}, tempo=tempo)
    neuron = replace(base.neurons[0], registered_block=registered, last_update=registered)
    began, pending, deferred, look, sets, epochs = registered, 0, 0, 0, [], [registered]
    for block in range(registered, registered + 2500):
        expected = min(began + tempo, pending) if pending else began + tempo
        if block >= expected:
            deferred -= 1
            if deferred < 0:
                began, pending, expected = block, 0, block + tempo
                epochs.append(block)
        for at, delay in changes:
            if block == registered + at:
                pending, deferred = block + 10, delay
        following = min(began + tempo, pending) if pending else began + tempo
        if block % poll or block < look:
            continue
        state = replace(
            base, block=Block(block, bytes(32)), next_epoch_block=max(following, block + 1), last_epoch_block=began
        )
        due = find_due_block(state, neuron, news=False)
        look = find_next_look_block(state, due)
        if due <= block:
            neuron = replace(neuron, last_update=block)
            sets.append(block)
    for begin, end in pairwise(epochs):
        times = sum(begin <= block < end for block in sets)
        assert times == 1 or (times == 0 and begin == registered and end - begin <= poll), (begin, end, times)


def test_a_chain_that_tells_no_epochs() -> None:
    world = snapshot({0: "a"}, next_epoch=None, tempo=360)
    assert find_due_block(world, replace(world.neurons[0], last_update=900), news=False) == 1260


def test_a_reveal_has_an_epoch_in_reserve() -> None:
    assert find_reveal_deadline_block(snapshot({}, tempo=99, reveal_period_epochs=2), 50) == 456


# --- memory and settings -------------------------------------------------------------------------------------------


def test_memory_survives(tmp_path: Path) -> None:
    file = MemoryFile(tmp_path / "deep" / "memory.json")
    assert file.load() == ValidatorMemory()
    memory = ValidatorMemory(
        accepted=WEIGHTS, set_publication="5@x", pending=[PendingReveal(block=1, deadline_block=2, row={3: 4})]
    )
    file.save(memory)
    assert file.load() == memory
    assert isinstance(file.load().accepted, Weights)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"accepted": 7}', b"[]"])
def test_a_damaged_memory_is_an_empty_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "memory.json").write_bytes(content)
    assert MemoryFile(tmp_path / "memory.json").load() == ValidatorMemory()


def test_an_unwritable_memory_is_warned_of_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logs:
        MemoryFile(tmp_path / "file" / "memory.json").save(ValidatorMemory())
    assert [(log["event"], log["log_level"]) for log in logs] == [("memory_not_saved", "warning")]
    assert "--state-directory" in logs[0]["hint"]


@pytest.mark.parametrize(
    "url", ["", "api.example.org", "ftp://api.example.org", "https://user:pw@api.example.org", "https://", "https:// x"]
)
def test_backend_urls(url: str) -> None:
    with pytest.raises(ConfigurationError, match="--backend-url") as caught:
        ValidatorSettings.load(backend_url=url, netuid=1)
    assert "pw" not in str(caught.value)
