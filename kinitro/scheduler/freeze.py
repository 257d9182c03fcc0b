"""Who takes part in a cycle: a chain snapshot in, a frozen list of miners out. What it reads, strangers wrote."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Sequence

from kinitro.chain.commitments import Commitment, Malformed, SealedEndpoint, decode
from kinitro.chain.interface import Neuron, RawCommitment, Snapshot
from kinitro.policies.endpoints import is_public, parse_endpoint
from kinitro.policies.errors import PolicyError, PolicyUnreachable, Reason
from kinitro.policies.messages import MAX_CONCURRENT_EPISODES, Health
from kinitro.taskpool.records import FrozenMiner

MAX_REASON_CHARS = 300
PROBE_DEADLINE_S = 10.0
"""For one miner's `/health`, name resolution included; the others are asked meanwhile."""
PROBES_AT_ONCE = 32

Unsealer = Callable[[SealedEndpoint, str], str | Malformed]
"""Opens what a hotkey sealed to the operator's key, or says why it cannot."""
Probe = Callable[[str], Awaitable[Health]]
"""Asks the policy server at an endpoint for its `/health`; raises PolicyError."""


def freeze_miners(
    snapshot: Snapshot, *, unseal: Unsealer | None = None, allow_private: bool = False
) -> list[FrozenMiner]:
    """Every neuron that committed something, in order of uid; `excluded` says publicly why one takes no part.

    Total: whatever the chain holds, a commitment harms nobody but its own miner. Of several miners with one endpoint,
    the one that committed it first keeps it (then the lower uid).
    """
    miners = [
        _freeze(neuron, snapshot.commitments[neuron.hotkey], unseal, allow_private)
        for neuron in sorted(snapshot.neurons, key=lambda neuron: neuron.uid)
        if neuron.hotkey in snapshot.commitments
    ]
    return _without_shared_endpoints(miners)


def _freeze(neuron: Neuron, raw: RawCommitment, unseal: Unsealer | None, allow_private: bool) -> FrozenMiner:
    commitment = decode(raw.data)
    miner = FrozenMiner(
        uid=neuron.uid, hotkey=neuron.hotkey, first_block=raw.block, repo=None, revision=None, endpoint=None
    )
    if isinstance(commitment, Malformed):
        return _excluded(miner, commitment.reason)
    miner = miner.model_copy(update={"repo": commitment.repo, "revision": commitment.revision})
    if raw.block < neuron.registered_block:
        return _excluded(
            miner,
            f"the commitment of block {raw.block} is older than the registration in block {neuron.registered_block}: "
            "commit again",
        )
    endpoint = _endpoint(commitment, neuron.hotkey, unseal)
    if isinstance(endpoint, Malformed):
        return _excluded(miner, endpoint.reason)
    miner = miner.model_copy(update={"endpoint": endpoint})
    try:
        host = parse_endpoint(endpoint, allow_private=allow_private).host
    except PolicyUnreachable as error:
        return _excluded(miner, str(error))
    if not allow_private and _is_address(host) and not is_public(host):
        return _excluded(miner, f"the endpoint's address {host} is not public")
    return miner


def _endpoint(commitment: Commitment, hotkey: str, unseal: Unsealer | None) -> str | Malformed:
    if not isinstance(commitment.endpoint, SealedEndpoint):
        return commitment.endpoint
    if unseal is None:
        return Malformed("the endpoint is sealed, and this operator has no key to open it")
    return unseal(commitment.endpoint, hotkey)


def _without_shared_endpoints(miners: Sequence[FrozenMiner]) -> list[FrozenMiner]:
    """Excludes all but the first to commit each endpoint."""
    owners: dict[str, FrozenMiner] = {}
    for miner in sorted(miners, key=lambda miner: (miner.first_block or 0, miner.uid)):
        if miner.endpoint is not None and miner.excluded is None:
            owners.setdefault(_canonical(miner.endpoint), miner)
    frozen = []
    for miner in miners:
        owner = owners.get(_canonical(miner.endpoint)) if miner.endpoint is not None else None
        if owner is not None and owner.uid != miner.uid and miner.excluded is None:
            miner = _excluded(
                miner,
                f"uid {owner.uid} committed the same endpoint in block {owner.first_block}, no later than this one",
            )
        frozen.append(miner)
    return frozen


async def with_capacities(miners: Sequence[FrozenMiner], probe: Probe) -> list[FrozenMiner]:
    """Ask every miner that takes part how many episodes it runs at once; one that does not say gets one at a time.

    Whoever leads us to an address that is not allowed is excluded. A server that is down stays in: being up when its
    episodes run is the miner's business.
    """
    turns = asyncio.Semaphore(PROBES_AT_ONCE)

    async def ask(miner: FrozenMiner) -> FrozenMiner:
        if miner.excluded is not None or miner.endpoint is None:
            return miner
        async with turns:
            try:
                async with asyncio.timeout(PROBE_DEADLINE_S):
                    declared = (await probe(miner.endpoint)).max_concurrent_episodes
            except PolicyUnreachable as error:
                if error.reason in (Reason.BAD_ENDPOINT, Reason.ADDRESS_REFUSED):
                    return _excluded(miner, str(error))
                declared = 1
            except (PolicyError, TimeoutError):
                declared = 1
        return miner.model_copy(update={"max_concurrency": min(max(declared, 1), MAX_CONCURRENT_EPISODES)})

    return list(await asyncio.gather(*(ask(miner) for miner in miners)))


def _excluded(miner: FrozenMiner, reason: str) -> FrozenMiner:
    """The reason quotes strangers: printable ASCII only, and not too much of it."""
    text = reason.encode("ascii", "backslashreplace").decode()
    text = "".join(character if character.isprintable() else "?" for character in text)
    return miner.model_copy(update={"excluded": text[:MAX_REASON_CHARS]})


def _canonical(endpoint: str) -> str:
    """Equal for spellings of one endpoint: case of the host, default ports and trailing slashes do not matter."""
    found = parse_endpoint(endpoint, allow_private=True)
    return f"{found.secure}|{found.host.rstrip('.').lower()}|{found.port}|{found.path}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
