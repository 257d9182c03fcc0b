"""All steps from a folder to a commitment: upload, deploy, check, commit, publish. A second run resumes the first.

The repository is private until the commitment is on chain: whoever copies the policy then is later in line.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from kinitro.chain import RawCommitment, TransactionRefused, Wallet, connect
from kinitro.chain.commitments import Commitment, SealedEndpoint, encode
from kinitro.chain.sealing import IN_THE_CLEAR, agree_on_key, seal_endpoint
from kinitro.chain.seed_commitments import read_backend_key
from kinitro.files import replace_file
from kinitro.logs import public_url
from kinitro.miner import basilica, cloud, hub
from kinitro.miner.contents import list_contents
from kinitro.miner.errors import DeploymentFailed
from kinitro.policies.client import HttpPolicy
from kinitro.policies.conformance import CheckResult, ConformanceVerdict, Subject, run_checks
from kinitro.policies.errors import PolicyError
from kinitro.policies.signing import RequestSigner, load_hotkey

MEMORY_FILE: Final = Path(".kinitro") / "deployment.json"
"""The file with the progress, in the policy's folder; it is never uploaded and holds no secret."""

Report = Callable[[str], None]


class DeploymentProgress(msgspec.Struct):
    """What earlier tries have achieved."""

    repo: str = ""
    content: str = ""
    """Digest of the folder as it was uploaded."""
    revision: str = ""
    endpoint: str = ""
    sealed: str = ""
    """The sealed endpoint, hexadecimal; sealed again it would have other bytes and look like another commitment."""
    sealed_for: str = ""
    """Digest of the endpoint, the operator's key and the hotkey."""

    @classmethod
    def load(cls, folder: Path) -> DeploymentProgress:
        """Read the progress; an empty one if there is no file or it is damaged."""
        try:
            return msgspec.json.decode((folder / MEMORY_FILE).read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError):
            return cls()

    def save(self, folder: Path) -> None:
        """Replace the file as a whole."""
        file = folder / MEMORY_FILE
        file.parent.mkdir(exist_ok=True)
        replace_file(file, msgspec.json.format(msgspec.json.encode(self)))


@dataclass(frozen=True, slots=True)
class DeploymentOrder:
    """What the miner asked for."""

    folder: Path
    repo: str
    machine: basilica.Machine
    netuid: int
    network: str
    wallet: Wallet
    name: str | None = None
    timeout_s: float = 900.0
    allow_private: bool = False
    public: bool = False
    """Upload to a public repository, where others can commit the revision first."""
    backend_key: bytes | None = None
    """The operator's public key, to which the endpoint is sealed; None: the one on chain, if there is one."""
    plain: bool = False
    """Commit the endpoint in the clear."""
    hosted: bool = False
    """Deploy nothing, and commit no endpoint."""


def check_order(order: DeploymentOrder) -> None:
    """Check everything that can be checked before anything is done; raises ConfigurationError, MinerError."""
    list_contents(order.folder)
    hub.check_repo(order.repo)
    hub.require_token()
    if order.hosted:
        return
    cloud.require_token()
    basilica.name_deployment(order.repo, "0" * 40, order.name)
    if not order.public:
        hub.require_read_token()


def plan(order: DeploymentOrder) -> list[str]:
    """Say in words what `deploy_all` would do, after every check that changes nothing."""
    check_order(order)
    present, on_chain = asyncio.run(look_at_chain(order))
    order = settle_key(order, on_chain)
    content = digest_folder(order.folder)
    memory = DeploymentProgress.load(order.folder)
    known = memory.repo == order.repo and memory.content == content
    first = f"Upload   {order.folder} to {order.repo}" + (f": done before, revision {memory.revision}" if known else "")
    last = f"Publish  {order.repo}, " + ("which is public already" if order.public else "which is private until then")
    replaces = f": replaces the commitment of block {present.block} if it is another one" if present else ""
    who = f"wallet {order.wallet.name}, hotkey {order.wallet.hotkey}"
    where = f"Commit   on subnet {order.netuid} of {public_url(order.network)}, {who}, "
    if order.hosted:
        return [first, f"{where}without an endpoint{replaces}", last]
    revision = memory.revision if known else "0" * 40
    gpus = f"{order.machine.gpu_count} GPUs" if order.machine.gpu_count else "no GPU"
    name = basilica.name_deployment(order.repo, revision, order.name)
    return [
        first,
        f"Deploy   {name if known else name[:-8] + '<revision>'} on Basilica: {order.machine.image}, {gpus}, "
        f"{order.machine.memory}, at most {order.timeout_s:g} s",
        "Check    the protocol, the latency and the determinism of what was deployed",
        f"{where}the endpoint {'in the clear' if order.backend_key is None else 'sealed for the operator'}{replaces}",
        last,
    ]


def deploy_all(order: DeploymentOrder, report: Report) -> int:
    """Do what is not done yet; returns the block of the commitment.

    Raises ConfigurationError, MinerError, ChainError.
    """
    check_order(order)
    _, on_chain = asyncio.run(look_at_chain(order))
    order = settle_key(order, on_chain)
    hotkey = asyncio.run(_read_hotkey(order))
    memory = _upload(order, report)
    place = None if order.hosted else _deploy(order, memory, hotkey, report)
    block = asyncio.run(commit(order, Commitment(order.repo, memory.revision, place), report))
    size = hub.publish(order.repo, memory.revision)
    report(f"Everybody can download {order.repo} now: {size / 1e6:.1f} MB")
    return block


def _deploy(order: DeploymentOrder, memory: DeploymentProgress, hotkey: str, report: Report) -> str | SealedEndpoint:
    """Deploy and check what was uploaded; returns the endpoint as it is to be committed."""
    deployed = basilica.deploy(
        order.repo,
        memory.revision,
        order.machine,
        name=order.name,
        timeout_s=order.timeout_s,
        report=report,
        allow_private=order.allow_private,
        hotkey=hotkey,
        read_token=hub.choose_deployment_token(order.repo, memory.revision),
    )
    memory.endpoint = deployed.endpoint
    memory.save(order.folder)
    check(deployed.endpoint, report, public=not order.allow_private, signer=load_signer(order))
    check_named(deployed.endpoint, hotkey, report, allow_private=order.allow_private)
    if order.backend_key is None:
        report(IN_THE_CLEAR)
        return deployed.endpoint
    return _seal(order, memory, hotkey)


def _upload(order: DeploymentOrder, report: Report) -> DeploymentProgress:
    """Upload the folder, unless this content was uploaded before; returns the progress."""
    memory = DeploymentProgress.load(order.folder)
    content = digest_folder(order.folder)
    if (memory.repo, memory.content) == (order.repo, content):
        hub.check_revision(order.repo, memory.revision, hub.require_token())
        report(f"Uploaded before: {order.repo} at {memory.revision}")
        return memory
    revision = hub.upload(order.folder, order.repo, public=order.public, report=report)
    memory = DeploymentProgress(order.repo, content, revision)
    memory.save(order.folder)
    report(f"Uploaded {order.repo} at {memory.revision}")
    return memory


def _seal(order: DeploymentOrder, memory: DeploymentProgress, hotkey: str) -> SealedEndpoint:
    """Seal the endpoint; the result is saved before it is committed, so that a second try finds it on chain."""
    assert order.backend_key is not None  # noqa: S101  the caller looked
    facts = "\n".join((memory.endpoint, order.backend_key.hex(), hotkey))
    sealed_for = hashlib.sha256(facts.encode()).hexdigest()
    if memory.sealed_for != sealed_for:
        memory.sealed = seal_endpoint(memory.endpoint, order.backend_key, hotkey).ciphertext.hex()
        memory.sealed_for = sealed_for
        memory.save(order.folder)
    return SealedEndpoint(bytes.fromhex(memory.sealed))


async def _read_hotkey(order: DeploymentOrder) -> str:
    """Read the SS58 address of the wallet's hotkey."""
    chain = await connect(order.network)
    try:
        return await chain.hotkey_address(order.wallet)
    finally:
        await chain.close()


def load_signer(order: DeploymentOrder) -> RequestSigner | None:
    """Load the signer for a server that serves only named evaluators; None if it serves everybody.

    It signs with the miner's own hotkey. Raises ConfigurationError.
    """
    if not basilica.list_evaluators():
        return None
    key = load_hotkey(order.wallet.name, order.wallet.hotkey, order.wallet.path)
    return RequestSigner(key, key.ss58_address)


def check(endpoint: str, report: Report, *, public: bool, signer: RequestSigner | None = None) -> None:
    """Raise DeploymentFailed if the server would lose episodes; it is left running, so that it can be examined."""

    def tell(result: CheckResult) -> None:
        report(f"Check {result.name}: {result.verdict}, {result.detail}")

    results = asyncio.run(run_checks(Subject(endpoint, public=public, signer=signer), tell))
    failed = [result.name for result in results if result.verdict is ConformanceVerdict.FAILED]
    if failed:
        raise DeploymentFailed(
            f"{endpoint} does not pass {', '.join(failed)}, so nothing was committed; the server was left running."
        )


def check_named(endpoint: str, hotkey: str, report: Report, *, allow_private: bool) -> None:
    """Raise DeploymentFailed if the server says that it serves another miner, which would exclude this one."""

    async def ask() -> str | None:
        policy = HttpPolicy(endpoint, allow_private=allow_private)
        try:
            return (await policy.health()).hotkey
        finally:
            await policy.close()

    try:
        named = asyncio.run(ask())
    except PolicyError as error:
        raise DeploymentFailed(f"{endpoint}/health does not answer any more: {error}; nothing was committed.") from None
    if named is None:
        report(
            "The server's /health does not name your hotkey, so that others can dispute its endpoint: docs/security.md"
        )
    elif named != hotkey:
        raise DeploymentFailed(
            f"{endpoint}/health names the hotkey {named[:60]!r}, and your wallet's is {hotkey}, so nothing was "
            "committed: set KINITRO_HOTKEY where the server runs, or delete the deployment and run the command again."
        )


def settle_key(order: DeploymentOrder, on_chain: bytes | None) -> DeploymentOrder:
    """The order with the key to which the endpoint is sealed. Raises ConfigurationError if two keys are known."""
    if order.hosted or order.plain:
        return order
    return replace(order, backend_key=agree_on_key(order.backend_key, on_chain, required=False))


async def look_at_chain(order: DeploymentOrder) -> tuple[RawCommitment | None, bytes | None]:
    """Read what the hotkey has committed, if it counts, and the operator's public key, as of the newest block.

    Raises UnknownNetwork, UnknownSubnet, UnknownWallet, TransactionRefused if the last step is bound to fail.
    """
    chain = await connect(order.network)
    try:
        hotkey = await chain.hotkey_address(order.wallet)
        newest = await chain.snapshot(order.netuid, (await chain.head()).number)
    finally:
        await chain.close()
    if hotkey not in {neuron.hotkey for neuron in newest.neurons}:
        raise TransactionRefused(
            f"Nothing can be committed: the hotkey is not registered on this subnet ({hotkey}, subnet {order.netuid})."
        )
    return newest.valid_commitment(hotkey), read_backend_key(newest)


async def commit(order: DeploymentOrder, commitment: Commitment, report: Report) -> int:
    """Write the commitment unless it is on chain already and counts, because a new one loses the place in line."""
    data = encode(commitment)
    present, _ = await look_at_chain(order)
    if present is not None and present.data == data:
        report(f"Committed before, in block {present.block}")
        return present.block
    chain = await connect(order.network)
    try:
        block = await chain.commit(order.netuid, order.wallet, data)
    finally:
        await chain.close()
    report(f"Committed in block {block}")
    return block


def digest_folder(folder: Path) -> str:
    """Compute SHA-256 over the names and contents of what would be uploaded. Raises ProjectError."""
    digest = hashlib.sha256()
    for path, found in list_contents(folder).digests().items():
        digest.update(path.encode() + b"\0" + bytes.fromhex(found.sha256))
    return digest.hexdigest()
