"""Who takes part in a cycle: a chain snapshot in, a frozen list of miners out. What it reads, strangers wrote.

The scheduler freezes with it, and auditors freeze the same block again.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from kinitro.chain.commitments import Commitment, Malformed, SealedEndpoint, decode
from kinitro.chain.interface import Neuron, RawCommitment, Snapshot
from kinitro.chain.seed_commitments import decode_seed_commitment
from kinitro.policies.endpoints import is_public, parse_endpoint
from kinitro.policies.errors import PolicyUnreachable, Reason
from kinitro.taskpool.records import FrozenMiner

MAX_REASON_CHARS = 300
SEALED = "the endpoint is sealed, and there is no key here to open it"
"""The reason that everybody but the operator finds for a miner with a sealed endpoint."""

Unsealer = Callable[[SealedEndpoint, str], str | Malformed]
"""Opens what a hotkey sealed to the operator's key, or says why it cannot."""


def freeze_miners(
    snapshot: Snapshot, *, unseal: Unsealer | None = None, allow_private: bool = False
) -> list[FrozenMiner]:
    """Every neuron that committed something, in order of uid; `excluded` says publicly why one takes no part.

    An operator's commitment to a cycle's seeds makes no miner of it.

    Total: whatever the chain holds, a commitment harms nobody but its own miner. Of several miners with one endpoint,
    the one that committed it first keeps it (then the lower uid).
    """
    miners = [
        _freeze(neuron, snapshot.commitments[neuron.hotkey], unseal, allow_private)
        for neuron in sorted(snapshot.neurons, key=lambda neuron: neuron.uid)
        if neuron.hotkey in snapshot.commitments
        and decode_seed_commitment(snapshot.commitments[neuron.hotkey].data) is None
    ]
    return _without_shared_endpoints(miners)


def _freeze(neuron: Neuron, raw: RawCommitment, unseal: Unsealer | None, allow_private: bool) -> FrozenMiner:
    commitment = decode(raw.data)
    miner = FrozenMiner(
        uid=neuron.uid, hotkey=neuron.hotkey, first_block=raw.block, repo=None, revision=None, endpoint=None
    )
    if isinstance(commitment, Malformed):
        return excluded(miner, commitment.reason)
    sealed = isinstance(commitment.endpoint, SealedEndpoint)
    miner = miner.model_copy(update={"repo": commitment.repo, "revision": commitment.revision, "sealed": sealed})
    if raw.block < neuron.registered_block:
        return excluded(
            miner,
            f"the commitment of block {raw.block} is older than the registration in block {neuron.registered_block}: "
            "commit again",
        )
    endpoint = _endpoint(commitment, neuron.hotkey, unseal)
    if isinstance(endpoint, Malformed):
        return excluded(miner, endpoint.reason)
    miner = miner.model_copy(update={"endpoint": endpoint})
    try:
        host = parse_endpoint(endpoint, allow_private=allow_private).host
    except PolicyUnreachable as error:
        return misled(miner, error)
    if not allow_private and _is_address(host) and not is_public(host):
        return misled(miner, PolicyUnreachable(Reason.ADDRESS_REFUSED, f"the endpoint's address {host} is not public"))
    return miner


def _endpoint(commitment: Commitment, hotkey: str, unseal: Unsealer | None) -> str | Malformed:
    if not isinstance(commitment.endpoint, SealedEndpoint):
        return commitment.endpoint
    if unseal is None:
        return Malformed(SEALED)
    return unseal(commitment.endpoint, hotkey)


def _without_shared_endpoints(miners: Sequence[FrozenMiner]) -> list[FrozenMiner]:
    """Excludes all but the first to commit each endpoint."""
    owners: dict[str, FrozenMiner] = {}
    for miner in sorted(miners, key=lambda miner: (miner.first_block or 0, miner.uid)):
        if miner.endpoint is not None and miner.excluded is None:
            owners.setdefault(_canonical(miner.endpoint), miner)
    frozen = []
    for miner in miners:
        if miner.endpoint is not None and miner.excluded is None:
            owner = owners[_canonical(miner.endpoint)]
            if owner.uid != miner.uid:
                reason = f"uid {owner.uid} committed the same endpoint in block {owner.first_block}, not after this one"
                miner = excluded(miner, reason)
        frozen.append(miner)
    return frozen


def misled(miner: FrozenMiner, error: PolicyUnreachable) -> FrozenMiner:
    """The miner, excluded for where its endpoint leads; what was sealed stays out of the reason."""
    return excluded(miner, "the sealed endpoint leads to where no policy server may be" if miner.sealed else str(error))


def excluded(miner: FrozenMiner, reason: str) -> FrozenMiner:
    """The miner with its public reason. A reason quotes strangers: printable ASCII only, and not too much of it."""
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
