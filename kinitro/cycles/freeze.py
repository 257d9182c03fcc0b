"""Who takes part in a cycle: from a snapshot of the chain to a frozen list of miners. All of its input is untrusted.

The scheduler freezes with it, and auditors freeze the same block again.
"""

from __future__ import annotations

import contextlib
import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence

from kinitro.chain.commitments import Malformed, SealedEndpoint, decode
from kinitro.chain.interface import ChainSnapshot, Neuron, RawCommitment
from kinitro.chain.seed_commitments import decode_seed_commitment
from kinitro.client.records import FrozenMiner, PolicyMode
from kinitro.policies.endpoints import canonicalize_endpoint, is_public, parse_endpoint
from kinitro.policies.errors import PolicyUnreachable, Reason

MAX_REASON_CHARS = 300
SEALED = "the endpoint is sealed, and there is no key here to open it"
"""The reason that everybody but the operator finds for a miner with a sealed endpoint."""

NO_ENDPOINT = "it has committed no endpoint, and in this cycle every miner serves its policy itself"

Unsealer = Callable[[SealedEndpoint, str], str | Malformed]
"""Opens what a hotkey sealed to the operator's key, or says why it cannot."""


def freeze_miners(
    snapshot: ChainSnapshot,
    *,
    unseal: Unsealer | None = None,
    allow_private: bool = False,
    policies: PolicyMode = "endpoint",
    holders: Mapping[str, str] | None = None,
    named: Mapping[int, str] | None = None,
) -> list[FrozenMiner]:
    """Every neuron that committed something, in order of uid; `excluded` says publicly why one takes no part.

    An operator's commitment to a cycle's seeds makes no miner of it.

    Total: whatever the chain holds, a commitment harms nobody but its own miner. Of several miners with one endpoint
    at most one takes part: see `settle_endpoints`, which `holders` and `named` are for.
    """
    candidates = list_candidates(snapshot, unseal=unseal, allow_private=allow_private, policies=policies)
    return settle_endpoints(candidates, holders, named)


def list_candidates(
    snapshot: ChainSnapshot,
    *,
    unseal: Unsealer | None = None,
    allow_private: bool = False,
    policies: PolicyMode = "endpoint",
) -> list[FrozenMiner]:
    """List miners as `freeze_miners` does, but judge each by its own commitment alone."""
    return [
        _freeze(neuron, snapshot.commitments[neuron.hotkey], unseal, allow_private, policies)
        for neuron in sorted(snapshot.neurons, key=lambda neuron: neuron.uid)
        if neuron.hotkey in snapshot.commitments
        and decode_seed_commitment(snapshot.commitments[neuron.hotkey].data) is None
    ]


def _freeze(
    neuron: Neuron, raw: RawCommitment, unseal: Unsealer | None, allow_private: bool, policies: PolicyMode
) -> FrozenMiner:
    commitment = decode(raw.data)
    miner = FrozenMiner(
        uid=neuron.uid, hotkey=neuron.hotkey, first_block=raw.block, repo=None, revision=None, endpoint=None
    )
    if isinstance(commitment, Malformed):
        return exclude(miner, commitment.reason)
    sealed = isinstance(commitment.endpoint, SealedEndpoint)
    miner = miner.model_copy(update={"repo": commitment.repo, "revision": commitment.revision, "sealed": sealed})
    if raw.block < neuron.registered_block:
        return exclude(
            miner,
            f"the commitment of block {raw.block} is older than the registration in block {neuron.registered_block}: "
            "commit again",
        )
    if policies == "hosted" or (policies == "both" and commitment.endpoint is None):
        return miner.model_copy(update={"hosted": True, "sealed": False})
    if commitment.endpoint is None:
        return exclude(miner, NO_ENDPOINT)
    endpoint = _open_endpoint(commitment.endpoint, neuron.hotkey, unseal)
    if isinstance(endpoint, Malformed):
        return exclude(miner, endpoint.reason)
    miner = miner.model_copy(update={"endpoint": endpoint})
    try:
        host = parse_endpoint(endpoint, allow_private=allow_private).host
    except PolicyUnreachable as error:
        return exclude_misled(miner, error)
    if not allow_private and _is_address(host) and not is_public(host):
        return exclude_misled(
            miner, PolicyUnreachable(Reason.ADDRESS_REFUSED, f"the endpoint's address {host} is not public")
        )
    return miner


def _open_endpoint(endpoint: str | SealedEndpoint, hotkey: str, unseal: Unsealer | None) -> str | Malformed:
    if not isinstance(endpoint, SealedEndpoint):
        return endpoint
    if unseal is None:
        return Malformed(SEALED)
    return unseal(endpoint, hotkey)


def settle_endpoints(
    miners: Sequence[FrozenMiner], holders: Mapping[str, str] | None = None, named: Mapping[int, str] | None = None
) -> list[FrozenMiner]:
    """Exclude all miners but the owner of each endpoint; docs/security.md gives the reasons for the order.

    1. Whose server names a hotkey (`named`: by uid, what /health at its endpoint said) must have that hotkey.
    2. Of several, the one that the server names owns the endpoint;
    3. else the one that took part with it in the cycle before (`holders`: see `list_endpoint_holders`);
    4. else the one that committed it first. Nobody, if that was in one block: a copy of a transaction that waited
       in the pool cannot be told from the original, and the owner can let the server name its hotkey.
    """
    holders, named = holders or {}, named or {}
    miners = [_exclude_if_other_named(miner, named.get(miner.uid)) for miner in miners]
    claims: dict[str, list[FrozenMiner]] = {}
    for miner in miners:
        if miner.endpoint is not None and miner.excluded is None:
            claims.setdefault(canonicalize_endpoint(miner.endpoint), []).append(miner)
    losers: dict[int, str] = {}
    for place, claimants in claims.items():
        owner, why = _find_owner(claimants, holders.get(place), named)
        losers |= {miner.uid: why for miner in claimants if owner is None or miner.uid != owner.uid}
    return [exclude(miner, losers[miner.uid]) if miner.uid in losers else miner for miner in miners]


def list_endpoint_holders(miners: Iterable[FrozenMiner]) -> dict[str, str]:
    """List, by canonical endpoint, which hotkey took part with it; the freeze of the following cycle needs this."""
    holders: dict[str, str] = {}
    for miner in miners:
        if miner.endpoint is not None and miner.excluded is None:
            with contextlib.suppress(PolicyUnreachable):  # only in a record that somebody made up
                holders[canonicalize_endpoint(miner.endpoint)] = miner.hotkey
    return holders


def _exclude_if_other_named(miner: FrozenMiner, named: str | None) -> FrozenMiner:
    if named is None or named == miner.hotkey or miner.excluded is not None:
        return miner
    whom = "another miner" if miner.sealed else f"the hotkey {named[:60]!r}"
    return exclude(miner, f"the server at its endpoint says that it serves {whom} (KINITRO_HOTKEY)")


def _find_owner(
    claimants: Sequence[FrozenMiner], holder: str | None, named: Mapping[int, str]
) -> tuple[FrozenMiner | None, str]:
    """The miner that owns the endpoint, or None, and the reason why the others do not."""
    for miner in claimants:
        if miner.uid in named:  # of the others `_exclude_if_other_named` has let nobody through
            return miner, f"uid {miner.uid} committed the same endpoint, and the server there names its hotkey"
    for miner in claimants:
        if miner.hotkey == holder:
            return miner, f"uid {miner.uid} committed the same endpoint, and took part with it in the cycle before"
    first = min(miner.first_block or 0 for miner in claimants)
    earliest = [miner for miner in claimants if (miner.first_block or 0) == first]
    if len(earliest) > 1:
        uids = ", ".join(str(miner.uid) for miner in earliest)
        return None, (
            f"uids {uids} committed the same endpoint in block {first}; the one that is served there takes part "
            "as soon as the server's /health names its hotkey (KINITRO_HOTKEY)"
        )
    return earliest[0], f"uid {earliest[0].uid} committed the same endpoint in block {first}, before this one"


def exclude_misled(miner: FrozenMiner, error: PolicyUnreachable) -> FrozenMiner:
    """Exclude a miner because of where its endpoint leads; the reason does not reveal a sealed endpoint."""
    return exclude(miner, "the sealed endpoint leads to where no policy server may be" if miner.sealed else str(error))


def exclude(miner: FrozenMiner, reason: str) -> FrozenMiner:
    """Exclude a miner with a public reason, cut to MAX_REASON_CHARS printable ASCII characters: it quotes strangers."""
    text = reason.encode("ascii", "backslashreplace").decode()
    text = "".join(character if character.isprintable() else "?" for character in text)
    return miner.model_copy(update={"excluded": text[:MAX_REASON_CHARS]})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
