"""Subtensor's state and dispatch rules, as far as Kinitro meets them: our restatement, not subtensor.

State is kept encoded under real storage keys, one copy per block, so any block can be read. Transactions arrive as
signed extrinsics and are refused for a wrong signature, nonce, era or genesis, as on the real chain.
"""

from __future__ import annotations

import pickle
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b, sha256
from typing import Any

import bittensor_core as core

from tests.standin.metadata import ERRORS, PALLETS, build_metadata
from tests.standin.scale import read_compact

SPEC_VERSION = 9000
TRANSACTION_VERSION = 1
MAX_FIELDS = 3
MIN_COMMITMENT_SPACE_BYTES = 100
COMMIT_REVEAL_VERSION = 4
MECHANISM_STRIDE = 4096
MAX_UNREVEALED_COMMITS = 10
_SUBNETS = b"subnet "


class DispatchFailed(Exception):
    """The transaction is included, but fails with this error of its pallet."""


class InvalidTransaction(Exception):
    """The transaction is not even accepted into the pool."""


@dataclass
class SealedBlock:
    """`state` is all storage after the block."""

    number: int
    hash: str
    parent: str
    extrinsics: list[bytes]
    state: dict[bytes, bytes]

    @property
    def header(self) -> dict[str, Any]:
        zero = "0x" + "00" * 32
        return {
            "parentHash": self.parent,
            "number": hex(self.number),
            "stateRoot": zero,
            "extrinsicsRoot": zero,
            "digest": {"logs": []},
        }


@dataclass(frozen=True)
class Occupant:
    """Who has a slot of a subnet. `stake` in rao."""

    hotkey: str
    coldkey: str
    registered_block: int
    stake: int
    permit: bool


@dataclass(frozen=True)
class Subnet:
    """Kept in the chain's state like everything else, so that every block has its own."""

    owner_hotkey: str
    owner_coldkey: str
    occupants: tuple[Occupant, ...] = ()


def compute_block_time_s(number: int) -> float:
    """A block's own time: long ago, so that every round of drand that belongs to one has been published."""
    return 1_750_000_000 + 12 * number


class Runtime:
    """A chain with blocks, storage and the calls of `metadata`.

    `epochs_deferred`: epochs that are due do not begin yet, as when too many subnets have theirs in one block.
    """

    def __init__(self) -> None:
        self.spec_version = SPEC_VERSION
        self.upgrade(self.spec_version)
        self.epochs_deferred = False
        self.state: dict[bytes, bytes] = {}
        self.blocks: list[SealedBlock] = []
        self.seal([], salt=secrets.token_bytes(8))

    def upgrade(self, spec_version: int, **differences: bool) -> None:
        """Another version of the runtime; `differences`, as `build_metadata` takes them, are what clients are told."""
        self.spec_version = spec_version
        self.metadata = build_metadata()
        self.told = build_metadata(**differences).blob
        self.codec = core.Runtime(self.metadata.blob, spec_version, TRANSACTION_VERSION, 42)

    @property
    def head(self) -> SealedBlock:
        return self.blocks[-1]

    # --- storage ---------------------------------------------------------------------------------------------------

    def get(self, pallet: str, item: str, *keys: Any, state: Mapping[bytes, bytes] | None = None) -> Any:
        entry = self.codec.storage_entry(pallet, item)
        raw = (self.state if state is None else state).get(self._key(pallet, item, *keys))
        if raw is None:
            if entry.modifier == "Optional":
                return None
            raw = bytes(entry.default_bytes)
        return self.codec.decode(entry.value_type, raw, True)

    def put(self, pallet: str, item: str, *keys: Any, value: Any) -> None:
        kind = self.metadata.storage[pallet][item]
        self.state[self._key(pallet, item, *keys)] = self._encode(kind, value)

    def remove(self, pallet: str, item: str, *keys: Any) -> None:
        self.state.pop(self._key(pallet, item, *keys), None)

    def _key(self, pallet: str, item: str, *keys: Any) -> bytes:
        return bytes(self.codec.storage_key(pallet, item, list(keys)))

    def _encode(self, kind: int, value: Any) -> bytes:
        return bytes(self.codec.encode(f"scale_info::{kind}", value))

    # --- blocks ----------------------------------------------------------------------------------------------------

    def seal(self, extrinsics: Sequence[bytes], *, salt: bytes = b"") -> SealedBlock:
        """Make the next block of these extrinsics, which were checked before."""
        number = len(self.blocks)
        parent = self.head.hash if self.blocks else "0x" + "00" * 32
        self.put("System", "Number", value=number)
        self.put("Timestamp", "Now", value=int(time.time() * 1000))
        self.put("System", "Events", value=[])
        records = []
        included = []
        for extrinsic in extrinsics:
            try:
                event = self._apply(extrinsic)
            except InvalidTransaction:
                continue
            records.append({"phase": {"ApplyExtrinsic": len(included)}, "event": {"System": event}, "topics": []})
            included.append(extrinsic)
        self.put("System", "Events", value=records)
        self.put("Timestamp", "Now", value=int(1000 * compute_block_time_s(number)))
        self._run_epochs(number)
        digest = blake2b(bytes.fromhex(parent[2:]) + number.to_bytes(4, "little") + salt, digest_size=32)
        for extrinsic in included:
            digest.update(extrinsic)
        block = SealedBlock(number, "0x" + digest.hexdigest(), parent, included, dict(self.state))
        self.blocks.append(block)
        return block

    def rewind(self, number: int) -> list[bytes]:
        """Forget all blocks after `number`; returns the extrinsics they held."""
        lost = self.blocks[number + 1 :]
        del self.blocks[number + 1 :]
        self.state = dict(self.head.state)
        return [extrinsic for block in lost for extrinsic in block.extrinsics]

    def find(self, block_hash: str | None) -> SealedBlock:
        """The block with this hash, or the head; raises KeyError."""
        if block_hash is None:
            return self.head
        return next(block for block in reversed(self.blocks) if block.hash == block_hash)

    # --- subnets ---------------------------------------------------------------------------------------------------

    def subnet(self, netuid: int, state: Mapping[bytes, bytes] | None = None) -> Subnet | None:
        raw = (self.state if state is None else state).get(_subnet_key(netuid))
        return None if raw is None else pickle.loads(raw)

    def add_subnet(self, netuid: int, owner_hotkey: str, owner_coldkey: str) -> None:
        """A subnet whose owner has uid 0."""
        self._store(netuid, Subnet(owner_hotkey, owner_coldkey))
        self.put("SubtensorModule", "SubnetOwnerHotkey", netuid, value=owner_hotkey)
        self.put("SubtensorModule", "LastEpochBlock", netuid, value=len(self.blocks))
        self.register(netuid, owner_hotkey, owner_coldkey)

    def register(
        self, netuid: int, hotkey: str, coldkey: str, *, stake: int = 0, permit: bool = False, uid: int | None = None
    ) -> int:
        """Give a hotkey a slot, from whoever has it; it takes effect with the next block."""
        subnet = self._existing(netuid)
        occupants = list(subnet.occupants)
        occupant = Occupant(hotkey, coldkey, len(self.blocks), stake, permit)
        if uid is None or uid == len(occupants):
            uid = len(occupants)
            occupants.append(occupant)
        else:
            self.remove("SubtensorModule", "Uids", netuid, occupants[uid].hotkey)
            occupants[uid] = occupant
        self._store(netuid, replace(subnet, occupants=tuple(occupants)))
        self.put("SubtensorModule", "Uids", netuid, hotkey, value=uid)
        self.put("SubtensorModule", "SubnetworkN", netuid, value=len(occupants))
        self.put("SubtensorModule", "Weights", netuid, uid, value=[])
        self.put("SubtensorModule", "ValidatorPermit", netuid, value=[entry.permit for entry in occupants])
        updates = list(self.get("SubtensorModule", "LastUpdate", netuid))
        updates += [0] * (len(occupants) - len(updates))
        updates[uid] = len(self.blocks)
        self.put("SubtensorModule", "LastUpdate", netuid, value=updates)
        return uid

    def _store(self, netuid: int, subnet: Subnet) -> None:
        self.state[_subnet_key(netuid)] = pickle.dumps(subnet)

    def _existing(self, netuid: int) -> Subnet:
        subnet = self.subnet(netuid)
        if subnet is None:
            raise DispatchFailed("SubNetworkDoesNotExist")
        return subnet

    def next_epoch(self, netuid: int, state: Mapping[bytes, bytes] | None = None) -> int | None:
        """The block in which the next epoch is due: `tempo` blocks after the newest one, or when it was triggered."""
        tempo, last, triggered = (
            int(self.get("SubtensorModule", item, netuid, state=state))
            for item in ("Tempo", "LastEpochBlock", "PendingEpochAt")
        )
        due = last + tempo
        return None if tempo == 0 else min(due, triggered) if triggered else due

    def trigger_epoch(self, netuid: int, block: int) -> None:
        """What a subnet's owner can do."""
        self.put("SubtensorModule", "PendingEpochAt", netuid, value=block)

    def _run_epochs(self, number: int) -> None:
        for netuid in [int.from_bytes(key[-2:], "little") for key in self.state if key.startswith(_SUBNETS)]:
            due = self.next_epoch(netuid)
            since = int(self.get("SubtensorModule", "BlocksSinceLastStep", netuid))
            if due is not None and due <= number and not self.epochs_deferred:
                index = int(self.get("SubtensorModule", "SubnetEpochIndex", netuid))
                self.put("SubtensorModule", "SubnetEpochIndex", netuid, value=index + 1)
                self.put("SubtensorModule", "LastEpochBlock", netuid, value=number)
                self.put("SubtensorModule", "PendingEpochAt", netuid, value=0)
                since = -1
            self.put("SubtensorModule", "BlocksSinceLastStep", netuid, value=since + 1)

    def record_pulse(self, number: int, signature: bytes) -> None:
        """What the chain's offchain worker does when drand has published a round."""
        pulse = {"round": number, "randomness": sha256(signature).digest(), "signature": signature}
        self.put("Drand", "Pulses", number, value=pulse)

    def reveal(self, netuid: int, hotkey: str, row: Mapping[int, int] | None) -> None:
        """End a hotkey's commits: its row appears, or, with None, they are dropped in silence.

        The real chain decrypts with a drand signature, which nothing on this machine can produce.
        """
        for epoch in range(int(self.get("SubtensorModule", "SubnetEpochIndex", netuid)) + 1):
            place = ("SubtensorModule", "TimelockedWeightCommits", netuid, epoch)
            if waiting := self.get(*place):
                self.put(*place, value=[entry for entry in waiting if str(entry[0]) != hotkey])
        if row is not None:
            uid = int(self.get("SubtensorModule", "Uids", netuid, hotkey))
            self.put("SubtensorModule", "Weights", netuid, uid, value=sorted(row.items()))

    # --- transactions ----------------------------------------------------------------------------------------------

    def check(self, data: bytes) -> None:
        """Raise InvalidTransaction unless the pool would take this extrinsic."""
        signer, call = self._verified(data, future=True)
        if call["call_module"] == "SubtensorModule":
            arguments = {argument["name"]: argument["value"] for argument in call["call_args"]}
            if not self._has_stake_for_weights(arguments["netuid"], signer):
                raise InvalidTransaction("1010: Invalid Transaction: Custom error: 1")

    def author(self, data: bytes) -> tuple[str, int]:
        """Signer and nonce of an extrinsic."""
        extrinsic = self.codec.decode_extrinsic(data)
        return str(extrinsic["address"]), int(extrinsic["nonce"])

    def _verified(self, data: bytes, *, future: bool = False) -> tuple[str, dict[str, Any]]:
        """Signer and call of an extrinsic whose signature, nonce and era are right."""
        try:
            extrinsic = self.codec.decode_extrinsic(data)
            signer, call = str(extrinsic["address"]), extrinsic["call"]
            nonce, expected = int(extrinsic["nonce"]), int(self.get("System", "Account", signer)["nonce"])
            signature, extra, call_data = _parts(data)
        except Exception as error:
            raise InvalidTransaction(f"1002: Verification Error: {error}") from error
        if nonce < expected or (nonce > expected and not future):
            raise InvalidTransaction("1010: Invalid Transaction: Transaction is outdated")
        implicit = self.spec_version.to_bytes(4, "little") + TRANSACTION_VERSION.to_bytes(4, "little")
        implicit += bytes.fromhex(self.blocks[0].hash[2:]) + bytes.fromhex(self._birth(extra).hash[2:]) + b"\0"
        payload = call_data + extra + implicit
        if len(payload) > 256:
            payload = blake2b(payload, digest_size=32).digest()
        if not core.verify(payload, signature, signer, 1):
            raise InvalidTransaction("1010: Invalid Transaction: Transaction has a bad signature")
        return signer, call

    def _birth(self, extra: bytes) -> SealedBlock:
        """The block from which a mortal transaction lives; the genesis for an immortal one."""
        if extra[0] == 0:
            return self.blocks[0]
        era = int.from_bytes(extra[:2], "little")
        period = 2 << (era % 16)
        phase = (era >> 4) * max(period >> 12, 1)
        birth = (max(self.head.number, phase) - phase) // period * period + phase
        if birth >= len(self.blocks):
            raise InvalidTransaction("1010: Invalid Transaction: Transaction has an ancient birth block")
        return self.blocks[birth]

    def _apply(self, data: bytes) -> dict[str, Any]:
        """Dispatch an extrinsic; returns the event that tells how it went."""
        signer, call = self._verified(data)
        arguments = {argument["name"]: argument["value"] for argument in call["call_args"]}
        before = dict(self.state)
        info = {"weight": {"ref_time": 1, "proof_size": 0}, "class": "Normal", "pays_fee": "No"}
        try:
            getattr(self, f"_do_{call['call_function']}")(signer, **arguments)
            event: dict[str, Any] = {"ExtrinsicSuccess": {"dispatch_info": info}}
        except DispatchFailed as error:
            self.state = before
            pallet = call["call_module"]
            place = ERRORS[pallet].index(str(error))
            module = {"index": PALLETS[pallet], "error": bytes([place, 0, 0, 0])}
            event = {"ExtrinsicFailed": {"dispatch_error": {"Module": module}, "dispatch_info": info}}
        account = self.get("System", "Account", signer)
        account["nonce"] += 1
        self.put("System", "Account", signer, value=account)
        return event

    # --- calls -----------------------------------------------------------------------------------------------------

    def _do_set_commitment(self, signer: str, netuid: int, info: Any) -> None:
        if self.get("SubtensorModule", "Uids", netuid, signer) is None:
            raise DispatchFailed("AccountNotAllowedCommit")
        fields = info["fields"]
        fields = fields[0] if fields and isinstance(fields[0], list | tuple) else fields
        if len(fields) > MAX_FIELDS:
            raise DispatchFailed("TooManyFieldsInCommitmentInfo")
        space = max(MIN_COMMITMENT_SPACE_BYTES, sum(map(_field_bytes, fields)))
        epoch = int(self.get("SubtensorModule", "SubnetEpochIndex", netuid))
        used = self._used_space(netuid, signer, epoch)
        if used + space > int(self.get("Commitments", "MaxSpace")):
            raise DispatchFailed("SpaceLimitExceeded")
        self.state[_space_key(netuid, signer)] = epoch.to_bytes(8, "little") + (used + space).to_bytes(8, "little")
        record = {"deposit": 0, "block": len(self.blocks), "info": {"fields": [fields]}}
        self.put("Commitments", "CommitmentOf", netuid, signer, value=record)

    def _used_space(self, netuid: int, hotkey: str, epoch: int) -> int:
        raw = self.state.get(_space_key(netuid, hotkey), bytes(16))
        return int.from_bytes(raw[8:], "little") if int.from_bytes(raw[:8], "little") == epoch else 0

    def _do_set_mechanism_weights(
        self, signer: str, netuid: int, mecid: int, dests: Any, weights: Any, version_key: int
    ) -> None:
        if self.get("SubtensorModule", "CommitRevealWeightsEnabled", netuid):
            raise DispatchFailed("CommitRevealEnabled")
        uid = self._registered(netuid, signer)
        if not self._has_stake_for_weights(netuid, signer):
            raise DispatchFailed("NotEnoughStakeToSetWeights")
        required = int(self.get("SubtensorModule", "WeightsVersionKey", netuid))
        if required and version_key < required:
            raise DispatchFailed("IncorrectWeightVersionKey")
        self._check_rate(netuid, mecid, uid, "SettingWeightsTooFast")
        itself = list(dests) == [uid]
        owner = signer == str(self.get("SubtensorModule", "SubnetOwnerHotkey", netuid))
        if not (itself or owner or self.get("SubtensorModule", "ValidatorPermit", netuid)[uid]):
            raise DispatchFailed("NeuronNoValidatorPermit")
        if len(set(dests)) != len(dests):
            raise DispatchFailed("DuplicateUids")
        if any(target >= len(self._existing(netuid).occupants) for target in dests):
            raise DispatchFailed("UidVecContainInvalidOne")
        fewest = int(self.get("SubtensorModule", "MinAllowedWeights", netuid))
        if not itself and len(dests) < min(fewest, len(self._existing(netuid).occupants)):
            raise DispatchFailed("WeightVecLengthIsLow")
        limit = int(self.get("SubtensorModule", "MaxWeightsLimit", netuid))
        if not itself and max(weights) * 65535 > limit * sum(weights):
            raise DispatchFailed("MaxWeightExceeded")
        largest = max(weights)
        row = [(target, round(weight * 65535 / largest)) for target, weight in zip(dests, weights, strict=True)]
        self.put("SubtensorModule", "Weights", mecid * MECHANISM_STRIDE + netuid, uid, value=row)
        self._touch(netuid, mecid, uid)

    def _do_commit_timelocked_mechanism_weights(
        self, signer: str, netuid: int, mecid: int, commit: Any, reveal_round: int, commit_reveal_version: int
    ) -> None:
        if not self.get("SubtensorModule", "CommitRevealWeightsEnabled", netuid):
            raise DispatchFailed("CommitRevealDisabled")
        if commit_reveal_version != COMMIT_REVEAL_VERSION:
            raise DispatchFailed("IncorrectCommitRevealVersion")
        uid = self._registered(netuid, signer)
        self._check_rate(netuid, mecid, uid, "CommittingWeightsTooFast")
        epoch = int(self.get("SubtensorModule", "SubnetEpochIndex", netuid))
        place = ("SubtensorModule", "TimelockedWeightCommits", mecid * MECHANISM_STRIDE + netuid, epoch)
        waiting = [list(entry) for entry in self.get(*place)]
        if sum(str(entry[0]) == signer for entry in waiting) >= MAX_UNREVEALED_COMMITS:
            raise DispatchFailed("TooManyUnrevealedCommits")
        self.put(*place, value=[*waiting, [signer, len(self.blocks), commit, reveal_round]])
        self._touch(netuid, mecid, uid)

    def _registered(self, netuid: int, hotkey: str) -> int:
        self._existing(netuid)
        uid = self.get("SubtensorModule", "Uids", netuid, hotkey)
        if uid is None:
            raise DispatchFailed("HotKeyNotRegisteredInSubNet")
        return int(uid)

    def _has_stake_for_weights(self, netuid: int, hotkey: str) -> bool:
        """The owner needs none."""
        uid = self.get("SubtensorModule", "Uids", netuid, hotkey)
        if uid is None:
            return int(self.get("SubtensorModule", "StakeThreshold")) == 0
        if hotkey == str(self.get("SubtensorModule", "SubnetOwnerHotkey", netuid)):
            return True
        return self._existing(netuid).occupants[int(uid)].stake >= int(self.get("SubtensorModule", "StakeThreshold"))

    def _check_rate(self, netuid: int, mecid: int, uid: int, error: str) -> None:
        last = int(self.get("SubtensorModule", "LastUpdate", mecid * MECHANISM_STRIDE + netuid)[uid])
        if last and len(self.blocks) - last < int(self.get("SubtensorModule", "WeightsSetRateLimit", netuid)):
            raise DispatchFailed(error)

    def _touch(self, netuid: int, mecid: int, uid: int) -> None:
        updates = list(self.get("SubtensorModule", "LastUpdate", mecid * MECHANISM_STRIDE + netuid))
        updates[uid] = len(self.blocks)
        self.put("SubtensorModule", "LastUpdate", mecid * MECHANISM_STRIDE + netuid, value=updates)

    # --- runtime APIs ----------------------------------------------------------------------------------------------

    def call_api(self, name: str, data: bytes, block: SealedBlock) -> bytes:
        """The encoded answer of a runtime API; raises KeyError if there is none of that name."""
        return {
            "Metadata_metadata_at_version": self._api_metadata,
            "TransactionPaymentApi_query_info": self._api_fee,
            "SubnetInfoRuntimeApi_get_metagraph": self._api_metagraph,
            "SubnetInfoRuntimeApi_get_next_epoch_start_block": self._api_next_epoch,
        }[name](data, block)

    def _api_metadata(self, data: bytes, block: SealedBlock) -> bytes:
        return bytes(self.codec.encode("Option<Vec<u8>>", self.told))

    def _api_fee(self, data: bytes, block: SealedBlock) -> bytes:
        fee = {"weight": {"ref_time": 1, "proof_size": 0}, "class": "Normal", "partial_fee": 0}
        return self._encode(self.metadata.types["fee"], fee)

    def _api_next_epoch(self, data: bytes, block: SealedBlock) -> bytes:
        netuid = int.from_bytes(data[:2], "little")
        answer = self.next_epoch(netuid, block.state) if self.subnet(netuid, block.state) else None
        return self._encode(self.metadata.types["optional_u64"], answer)

    def _api_metagraph(self, data: bytes, block: SealedBlock) -> bytes:
        netuid = int.from_bytes(data[:2], "little")
        subnet = self.subnet(netuid, block.state)
        if subnet is None:
            return b"\0"
        occupants = subnet.occupants
        tempo = int(self.get("SubtensorModule", "Tempo", netuid, state=block.state))
        updates = list(self.get("SubtensorModule", "LastUpdate", netuid, state=block.state))
        stakes = [occupant.stake for occupant in occupants]
        answer = {
            "netuid": netuid,
            "name": list(b"standin"),
            "symbol": list("κ".encode()),
            "block": block.number,
            "tempo": tempo,
            "last_step": 0,
            "blocks_since_last_step": 0,
            "owner_hotkey": subnet.owner_hotkey,
            "owner_coldkey": subnet.owner_coldkey,
            "network_registered_at": 0,
            "num_uids": len(occupants),
            "max_uids": 256,
            "hotkeys": [occupant.hotkey for occupant in occupants],
            "coldkeys": [occupant.coldkey for occupant in occupants],
            "active": [True] * len(occupants),
            "validator_permit": [occupant.permit for occupant in occupants],
            "last_update": updates,
            "block_at_registration": [occupant.registered_block for occupant in occupants],
            "alpha_stake": stakes,
            "tao_stake": [0] * len(occupants),
            "total_stake": stakes,
        }
        return self._encode(self.metadata.types["metagraph"], answer)


def _parts(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Signature, signed extensions and call of an encoded extrinsic (version 4, sr25519)."""
    _, start = read_compact(data)
    body = data[start:]
    version, account, scheme = body[0], body[1], body[34]
    if (version, account, scheme) != (0x84, 0, 1):
        raise ValueError("not a version 4 extrinsic signed with sr25519")
    extra = body[99:]
    end = 1 if extra[0] == 0 else 2
    end += read_compact(extra[end:])[1]
    end += read_compact(extra[end:])[1]
    return body[35:99], extra[: end + 1], extra[end + 1 :]


def _field_bytes(entry: Any) -> int:
    """What one field of a commitment takes of the space."""
    if not isinstance(entry, dict):
        return 0
    value = next(iter(entry.values()))
    if isinstance(value, str):
        return len(value) // 2 - 1 if value.startswith("0x") else len(value.encode())
    return len(value or b"")


def _subnet_key(netuid: int) -> bytes:
    return _SUBNETS + netuid.to_bytes(2, "little")


def _space_key(netuid: int, hotkey: str) -> bytes:
    return b"used space" + netuid.to_bytes(2, "little") + hotkey.encode()
