"""Subtensor's runtime metadata (version 15), written by hand: the calls, storage and runtime APIs that Kinitro touches.

Names, indices and types follow subtensor's, so that the unmodified SDK finds what it looks for.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.standin.scale import compact, option, text, vector
from tests.standin.types import TypeRegistry, Variant

PALLETS = {"System": 0, "Timestamp": 2, "Aura": 3, "SubtensorModule": 7, "Commitments": 18, "Drand": 26}
ERRORS = {
    "SubtensorModule": (
        "SubNetworkDoesNotExist",
        "HotKeyNotRegisteredInSubNet",
        "NotEnoughStakeToSetWeights",
        "IncorrectWeightVersionKey",
        "SettingWeightsTooFast",
        "NeuronNoValidatorPermit",
        "DuplicateUids",
        "UidVecContainInvalidOne",
        "WeightVecLengthIsLow",
        "MaxWeightExceeded",
        "CommitRevealEnabled",
        "CommitRevealDisabled",
        "CommittingWeightsTooFast",
        "IncorrectCommitRevealVersion",
        "TooManyUnrevealedCommits",
    ),
    "Commitments": ("TooManyFieldsInCommitmentInfo", "AccountNotAllowedCommit", "SpaceLimitExceeded"),
}
SLOT_DURATION_MS = 12_000
_HASHERS = {"blake2_128_concat": 2, "twox_64_concat": 5, "identity": 6}
_OPTIONAL, _DEFAULT = 0, 1


@dataclass(frozen=True)
class Metadata:
    """`blob` for the SDK; `types` of answers, and `storage` (pallet -> item -> type of value), for encoding them."""

    blob: bytes
    types: dict[str, int]
    storage: dict[str, dict[str, int]]


@dataclass(frozen=True)
class _Item:
    """A storage item: how its keys are hashed and typed, the type of its value, and its default (None: optional)."""

    keys: tuple[tuple[str, int], ...]
    value: int
    default: bytes | None


class _Basic:
    """The types that everything else is made of."""

    def __init__(self, registry: TypeRegistry) -> None:
        r = registry
        self.u8, self.u16, self.u32, self.u64 = (r.primitive(name) for name in ("u8", "u16", "u32", "u64"))
        self.bool = r.primitive("bool")
        self.bytes = r.sequence(self.u8)
        self.bytes32 = r.array(32, self.u8)
        self.account = r.structure("sp_core::crypto::AccountId32", [(None, self.bytes32)])
        self.hash = r.structure("primitive_types::H256", [(None, self.bytes32)])
        self.netuid = r.structure("subtensor_runtime_common::NetUid", [(None, self.u16)])
        self.index = r.structure("subtensor_runtime_common::NetUidStorageIndex", [(None, self.u16)])
        self.mechanism = r.structure("subtensor_runtime_common::MechId", [(None, self.u8)])
        self.tao = r.structure("subtensor_runtime_common::currency::TaoBalance", [(None, self.u64)])
        weight = [("ref_time", r.compact(self.u64)), ("proof_size", r.compact(self.u64))]
        self.weight = r.structure("sp_weights::weight_v2::Weight", weight)
        classes: list[Variant] = [("Normal", 0, []), ("Operational", 1, []), ("Mandatory", 2, [])]
        self.dispatch_class = r.enumeration("frame_support::dispatch::DispatchClass", classes)


def build_metadata(
    *, tells_epochs: bool = True, tells_last_epoch: bool = True, new_extension: bool = False
) -> Metadata:
    """The whole metadata. Runtimes differ: some do not tell epochs, some sign things that clients do not know yet."""
    r = TypeRegistry()
    b = _Basic(r)
    info, registration = _commitment_types(r, b)
    calls = _call_types(r, b, info)
    errors = {
        pallet: r.enumeration(f"{pallet}::Error", [(name, index, []) for index, name in enumerate(names)])
        for pallet, names in ERRORS.items()
    }
    events, event = _event_types(r, b)
    storage = _storage(r, b, registration, events)
    if not tells_last_epoch:
        del storage["SubtensorModule"]["LastEpochBlock"]
    metagraph = r.option(_metagraph_type(r, b))
    fee_fields = [("weight", b.weight), ("class", b.dispatch_class), ("partial_fee", b.tao)]
    fee = r.structure("pallet_transaction_payment::types::RuntimeDispatchInfo", fee_fields)
    runtime_call = _outer(r, "RuntimeCall", calls)
    runtime_event = event["outer"]
    runtime_error = _outer(r, "RuntimeError", errors)
    extrinsic = _extrinsic(r, b, runtime_call, new_extension=new_extension)
    uint64 = r.option(b.u64)
    subnet_calls = [("get_metagraph", [("netuid", b.netuid)], metagraph)]
    if tells_epochs:
        subnet_calls.append(("get_next_epoch_start_block", [("netuid", b.netuid)], uint64))
    apis = [
        _api("SubnetInfoRuntimeApi", subnet_calls),
        _api(
            "TransactionPaymentApi",
            [("query_info", [("uxt", r.structure("Unchecked", [(None, b.bytes)])), ("len", b.u32)], fee)],
        ),
    ]
    constants = {"Aura": [("SlotDuration", b.u64, SLOT_DURATION_MS.to_bytes(8, "little"))]}
    pallets = [
        text(name)
        + option(_encoded_storage(r, name, storage[name]) if name in storage else None)
        + option(compact(calls[name]) if name in calls else None)
        + option(compact(event["System"]) if name == "System" else None)
        + vector(
            text(key) + compact(kind) + compact(len(value)) + value + vector([])
            for key, kind, value in constants.get(name, [])
        )
        + option(compact(errors[name]) if name in errors else None)
        + bytes([index])
        + vector([])
        for name, index in PALLETS.items()
    ]
    runtime = r.structure("node_subtensor_runtime::Runtime", [])
    tail = vector(pallets) + extrinsic + compact(runtime) + vector(apis)
    tail += b"".join(map(compact, (runtime_call, runtime_event, runtime_error))) + vector([])
    return Metadata(
        blob=b"meta\x0f" + r.encoded() + tail,
        types={"metagraph": metagraph, "fee": fee, "optional_u64": uint64, "events": events},
        storage={pallet: {name: item.value for name, item in items.items()} for pallet, items in storage.items()},
    )


def _commitment_types(r: TypeRegistry, b: _Basic) -> tuple[int, int]:
    variants: list[Variant] = [("None", 0, [])]
    variants += [(f"Raw{size}", size + 1, [(None, r.array(size, b.u8))]) for size in range(129)]
    hashes = ("BlakeTwo256", "Sha256", "Keccak256", "ShaThree256")
    variants += [(name, 130 + offset, [(None, b.bytes32)]) for offset, name in enumerate(hashes)]
    variants.append(("TimelockEncrypted", 134, [("encrypted", b.bytes), ("reveal_round", b.u64)]))
    variants += [("ResetBondsFlag", 135, []), ("BigRaw", 136, [(None, b.bytes)])]
    data = r.enumeration("pallet_commitments::types::Data", variants)
    fields = r.structure("bounded_collections::bounded_vec::BoundedVec", [(None, r.sequence(data))])
    info = r.structure("pallet_commitments::types::CommitmentInfo", [("fields", fields)])
    registration = [("deposit", b.tao), ("block", b.u32), ("info", info)]
    return info, r.structure("pallet_commitments::types::Registration", registration)


def _call_types(r: TypeRegistry, b: _Basic, info: int) -> dict[str, int]:
    mechanism = [("netuid", b.netuid), ("mecid", b.mechanism)]
    set_weights = [
        *mechanism,
        ("dests", r.sequence(b.u16)),
        ("weights", r.sequence(b.u16)),
        ("version_key", b.u64),
    ]
    commit = [
        *mechanism,
        ("commit", b.bytes),
        ("reveal_round", b.u64),
        ("commit_reveal_version", b.u16),
    ]
    calls: dict[str, list[Variant]] = {
        "Timestamp": [("set", 0, [("now", r.compact(b.u64))])],
        "SubtensorModule": [
            ("set_mechanism_weights", 119, set_weights),
            ("commit_timelocked_mechanism_weights", 118, commit),
        ],
        "Commitments": [("set_commitment", 0, [("netuid", b.netuid), ("info", info)])],
    }
    return {pallet: r.enumeration(f"{pallet}::Call", variants) for pallet, variants in calls.items()}


def _event_types(r: TypeRegistry, b: _Basic) -> tuple[int, dict[str, int]]:
    module = r.structure("sp_runtime::ModuleError", [("index", b.u8), ("error", r.array(4, b.u8))])
    failures: list[Variant] = [("Other", 0, []), ("CannotLookup", 1, []), ("BadOrigin", 2, [])]
    failure = r.enumeration("sp_runtime::DispatchError", [*failures, ("Module", 3, [(None, module)])])
    pays = r.enumeration("frame_support::dispatch::Pays", [("Yes", 0, []), ("No", 1, [])])
    info_fields = [("weight", b.weight), ("class", b.dispatch_class), ("pays_fee", pays)]
    info = r.structure("frame_system::DispatchEventInfo", info_fields)
    variants: list[Variant] = [
        ("ExtrinsicSuccess", 0, [("dispatch_info", info)]),
        ("ExtrinsicFailed", 1, [("dispatch_error", failure), ("dispatch_info", info)]),
    ]
    system = r.enumeration("System::Event", variants)
    outer = r.enumeration("node_subtensor_runtime::RuntimeEvent", [("System", 0, [(None, system)])])
    phases: list[Variant] = [("ApplyExtrinsic", 0, [(None, b.u32)]), ("Finalization", 1, []), ("Initialization", 2, [])]
    phase = r.enumeration("frame_system::Phase", phases)
    record = r.structure(
        "frame_system::EventRecord", [("phase", phase), ("event", outer), ("topics", r.sequence(b.hash))]
    )
    return r.sequence(record), {"System": system, "outer": outer}


def _outer(r: TypeRegistry, name: str, inner: dict[str, int]) -> int:
    variants: list[Variant] = [(pallet, PALLETS[pallet], [(None, kind)]) for pallet, kind in inner.items()]
    return r.enumeration(f"node_subtensor_runtime::{name}", variants)


def _storage(r: TypeRegistry, b: _Basic, registration: int, events: int) -> dict[str, dict[str, _Item]]:
    balances = ("free", "reserved", "frozen")
    data = r.structure(
        "pallet_balances::types::AccountData", [*((name, b.tao) for name in balances), ("flags", r.primitive("u128"))]
    )
    counters = ("nonce", "consumers", "providers", "sufficients")
    account = r.structure("frame_system::AccountInfo", [*((name, b.u32) for name in counters), ("data", data)])
    consensus = r.enumeration("pallet_subtensor::EpochConsensus", [("Yuma", 0, []), ("Null", 1, [])])
    pulse = r.structure(
        "pallet_drand::types::Pulse", [("round", b.u64), ("randomness", b.bytes), ("signature", b.bytes)]
    )
    subnet = (("identity", b.netuid),)
    index = (("identity", b.index),)
    hotkey = (("identity", b.netuid), ("blake2_128_concat", b.account))
    committer = (("identity", b.netuid), ("twox_64_concat", b.account))
    row = r.sequence(r.tuple(b.u16, b.u16))
    sealed = r.sequence(r.tuple(b.account, b.u64, b.bytes, b.u64))
    revealed = r.sequence(r.tuple(b.bytes, b.u64))
    return {
        "System": {
            "Account": _Item((("blake2_128_concat", b.account),), account, bytes(56)),
            "Number": _Item((), b.u32, bytes(4)),
            "Events": _Item((), events, b"\0"),
        },
        "Timestamp": {"Now": _Item((), b.u64, bytes(8))},
        "Drand": {"Pulses": _Item((("blake2_128_concat", b.u64),), pulse, None)},
        "SubtensorModule": {
            "Uids": _Item(hotkey, b.u16, None),
            "CommitRevealWeightsEnabled": _Item(subnet, b.bool, b"\1"),
            "WeightsSetRateLimit": _Item(subnet, b.u64, _u64(100)),
            "LastUpdate": _Item(index, r.sequence(b.u64), b"\0"),
            "MinAllowedWeights": _Item(subnet, b.u16, b"\1\0"),
            "MaxWeightsLimit": _Item(subnet, b.u16, b"\xff\xff"),
            "StakeThreshold": _Item((), b.u64, _u64(0)),
            "SubnetworkN": _Item(subnet, b.u16, b"\0\0"),
            "SubnetEpochConsensus": _Item(subnet, consensus, b"\0"),
            "ValidatorPermit": _Item(subnet, r.sequence(b.bool), b"\0"),
            "WeightsVersionKey": _Item(subnet, b.u64, _u64(0)),
            "Tempo": _Item(subnet, b.u16, (360).to_bytes(2, "little")),
            "RevealPeriodEpochs": _Item((("twox_64_concat", b.netuid),), b.u64, _u64(1)),
            "LastEpochBlock": _Item(subnet, b.u64, _u64(0)),
            "PendingEpochAt": _Item(subnet, b.u64, _u64(0)),
            "SubnetEpochIndex": _Item(subnet, b.u64, _u64(0)),
            "BlocksSinceLastStep": _Item(subnet, b.u64, _u64(0)),
            "Weights": _Item((*index, ("identity", b.u16)), row, b"\0"),
            "SubnetOwnerHotkey": _Item(subnet, b.account, bytes(32)),
            "TimelockedWeightCommits": _Item((("twox_64_concat", b.index), ("twox_64_concat", b.u64)), sealed, b"\0"),
        },
        "Commitments": {
            "CommitmentOf": _Item(committer, registration, None),
            "RevealedCommitments": _Item(committer, revealed, None),
            "MaxSpace": _Item((), b.u32, (3100).to_bytes(4, "little")),
        },
    }


def _u64(value: int) -> bytes:
    return value.to_bytes(8, "little")


def _metagraph_type(r: TypeRegistry, b: _Basic) -> int:
    small, large = r.compact(b.u16), r.compact(b.u64)
    accounts, flags, numbers = r.sequence(b.account), r.sequence(b.bool), r.sequence(large)
    text_type = r.sequence(r.compact(b.u8))
    return r.structure(
        "pallet_subtensor::rpc_info::metagraph::Metagraph",
        [
            ("netuid", r.compact(b.netuid)),
            ("name", text_type),
            ("symbol", text_type),
            ("block", large),
            ("tempo", small),
            ("last_step", large),
            ("blocks_since_last_step", large),
            ("owner_hotkey", b.account),
            ("owner_coldkey", b.account),
            ("network_registered_at", large),
            ("num_uids", small),
            ("max_uids", small),
            ("hotkeys", accounts),
            ("coldkeys", accounts),
            ("active", flags),
            ("validator_permit", flags),
            ("last_update", numbers),
            ("block_at_registration", numbers),
            ("alpha_stake", numbers),
            ("tao_stake", numbers),
            ("total_stake", numbers),
        ],
    )


def _extrinsic(r: TypeRegistry, b: _Basic, call: int, *, new_extension: bool) -> bytes:
    nothing = r.tuple()
    addresses: list[Variant] = [
        ("Id", 0, [(None, b.account)]),
        ("Index", 1, [(None, r.compact(nothing))]),
        ("Raw", 2, [(None, b.bytes)]),
        ("Address32", 3, [(None, b.bytes32)]),
        ("Address20", 4, [(None, r.array(20, b.u8))]),
    ]
    address = r.enumeration("sp_runtime::multiaddress::MultiAddress", addresses)
    signatures: list[Variant] = [
        ("Ed25519", 0, [(None, r.array(64, b.u8))]),
        ("Sr25519", 1, [(None, r.array(64, b.u8))]),
        ("Ecdsa", 2, [(None, r.array(65, b.u8))]),
    ]
    signature = r.enumeration("sp_runtime::MultiSignature", signatures)
    eras: list[Variant] = [("Immortal", 0, []), *((f"Mortal{n}", n, [(None, b.u8)]) for n in range(1, 256))]
    era = r.enumeration("sp_runtime::generic::era::Era", eras)
    nonce = r.structure("frame_system::extensions::check_nonce::CheckNonce", [(None, r.compact(b.u32))])
    tip = r.structure("pallet_transaction_payment::ChargeTransactionPayment", [(None, r.compact(b.tao))])
    modes = r.enumeration("frame_metadata_hash_extension::Mode", [("Disabled", 0, []), ("Enabled", 1, [])])
    mode = r.structure("frame_metadata_hash_extension::CheckMetadataHash", [("mode", modes)])
    extensions = [
        ("CheckNonZeroSender", nothing, nothing),
        ("CheckSpecVersion", nothing, b.u32),
        ("CheckTxVersion", nothing, b.u32),
        ("CheckGenesis", nothing, b.hash),
        ("CheckMortality", era, b.hash),
        ("CheckNonce", nonce, nothing),
        ("CheckWeight", nothing, nothing),
        ("ChargeTransactionPayment", tip, nothing),
        ("SudoTransactionExtension", nothing, nothing),
        ("CheckShieldedTxValidity", nothing, nothing),
        ("SubtensorTransactionExtension", nothing, nothing),
        ("DrandPriority", nothing, nothing),
        ("CheckMetadataHash", mode, r.option(b.bytes32)),
    ]
    if new_extension:
        extensions.append(("ProveSomethingNew", b.u32, b.u32))
    extra = r.tuple(*(carried for _, carried, _ in extensions))
    return (
        bytes([4])
        + b"".join(map(compact, (address, call, signature, extra)))
        + vector(text(name) + compact(carried) + compact(signed) for name, carried, signed in extensions)
    )


def _encoded_storage(r: TypeRegistry, pallet: str, items: dict[str, _Item]) -> bytes:
    def entry(name: str, item: _Item) -> bytes:
        modifier = _OPTIONAL if item.default is None else _DEFAULT
        head = text(name) + bytes([modifier])
        default = b"\0" if item.default is None else item.default
        tail = compact(len(default)) + default + vector([])
        if not item.keys:
            return head + b"\0" + compact(item.value) + tail
        hashers = vector(bytes([_HASHERS[hasher]]) for hasher, _ in item.keys)
        kinds = [kind for _, kind in item.keys]
        key = kinds[0] if len(kinds) == 1 else r.tuple(*kinds)
        return head + b"\1" + hashers + compact(key) + compact(item.value) + tail

    return text(pallet) + vector(entry(name, item) for name, item in items.items())


def _api(name: str, methods: list[tuple[str, list[tuple[str, int]], int]]) -> bytes:
    return (
        text(name)
        + vector(
            text(method) + vector(text(key) + compact(kind) for key, kind in inputs) + compact(output) + vector([])
            for method, inputs, output in methods
        )
        + vector([])
    )
