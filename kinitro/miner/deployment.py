"""From a folder to a commitment: upload, deploy, check, commit. A second try goes on where the first one stopped."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from kinitro.chain import RawCommitment, TransactionRefused, Wallet, connect
from kinitro.chain.commitments import Commitment, encode
from kinitro.files import replace_file
from kinitro.logs import public_url
from kinitro.miner import basilica, cloud, hub
from kinitro.miner.errors import DeploymentFailed
from kinitro.policies.conformance import CheckResult, Subject, Verdict, run_checks

MEMORY_FILE: Final = Path(".kinitro") / "deployment.json"
"""In the policy's folder; never uploaded, holds no secret."""

Report = Callable[[str], None]


class Memory(msgspec.Struct):
    """What earlier tries have achieved."""

    repo: str = ""
    content: str = ""
    """Digest of the folder as it was uploaded."""
    revision: str = ""
    endpoint: str = ""

    @classmethod
    def load(cls, folder: Path) -> Memory:
        """Nothing, if there is none or it is damaged."""
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
class Order:
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


def check_order(order: Order) -> None:
    """Everything that can be seen to be wrong before anything is done; raises ConfigurationError, MinerError."""
    hub.check_folder(order.folder)
    hub.check_repo(order.repo)
    hub.required_token()
    cloud.required_token()
    basilica.deployment_name(order.repo, "0" * 40, order.name)


def plan(order: Order) -> list[str]:
    """What `deploy_all` would do, in words, after every check that changes nothing anywhere."""
    check_order(order)
    present = asyncio.run(look_at_chain(order))
    content = folder_digest(order.folder)
    memory = Memory.load(order.folder)
    known = memory.repo == order.repo and memory.content == content
    revision = memory.revision if known else "0" * 40
    gpus = f"{order.machine.gpu_count} GPUs" if order.machine.gpu_count else "no GPU"
    name = basilica.deployment_name(order.repo, revision, order.name)
    who = f"wallet {order.wallet.name}, hotkey {order.wallet.hotkey}"
    return [
        f"Upload   {order.folder} to {order.repo}" + (f": done before, revision {revision}" if known else ""),
        f"Deploy   {name if known else name[:-8] + '<revision>'} on Basilica: {order.machine.image}, {gpus}, "
        f"{order.machine.memory}, at most {order.timeout_s:g} s",
        "Check    the protocol, the latency and the determinism of what was deployed",
        f"Commit   on subnet {order.netuid} of {public_url(order.network)}, {who}"
        + (f": replaces the commitment of block {present.block} if it is another one" if present else ""),
    ]


def deploy_all(order: Order, report: Report) -> int:
    """Do what is not done yet; returns the block of the commitment.

    Raises ConfigurationError, MinerError, ChainError.
    """
    check_order(order)
    asyncio.run(look_at_chain(order))
    memory = Memory.load(order.folder)
    content = folder_digest(order.folder)
    if (memory.repo, memory.content) == (order.repo, content):
        report(f"Uploaded before: {order.repo} at {memory.revision}")
    else:
        memory = Memory(order.repo, content, hub.upload(order.folder, order.repo))
        memory.save(order.folder)
        report(f"Uploaded {order.repo} at {memory.revision}")
    size = hub.check_public(order.repo, memory.revision)
    report(f"Everybody can download it: {size / 1e6:.1f} MB")
    deployed = basilica.deploy(
        order.repo,
        memory.revision,
        order.machine,
        name=order.name,
        timeout_s=order.timeout_s,
        report=report,
        allow_private=order.allow_private,
    )
    memory.endpoint = deployed.endpoint
    memory.save(order.folder)
    check(deployed.endpoint, report, public=not order.allow_private)
    return asyncio.run(commit(order, Commitment(order.repo, memory.revision, deployed.endpoint), report))


def check(endpoint: str, report: Report, *, public: bool) -> None:
    """Raises DeploymentFailed if the server would lose episodes; it is left running, to be looked at."""

    def tell(result: CheckResult) -> None:
        report(f"Check {result.name}: {result.verdict}, {result.detail}")

    results = asyncio.run(run_checks(Subject(endpoint, public=public), tell))
    failed = [result.name for result in results if result.verdict is Verdict.FAILED]
    if failed:
        raise DeploymentFailed(
            f"{endpoint} does not pass {', '.join(failed)}, so nothing was committed; the server was left running."
        )


async def look_at_chain(order: Order) -> RawCommitment | None:
    """What the hotkey has committed, if it counts, as of the newest block.

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
    return newest.valid_commitment(hotkey)


async def commit(order: Order, commitment: Commitment, report: Report) -> int:
    """Write the commitment unless it is on chain already and counts, because a new one loses the place in line."""
    data = encode(commitment)
    present = await look_at_chain(order)
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


def folder_digest(folder: Path) -> str:
    """SHA-256 over names and contents of what would be uploaded."""
    digest = hashlib.sha256()
    for path in hub.uploaded_files(folder):
        content = hashlib.sha256((folder / path).read_bytes()).digest()
        digest.update(path.encode() + b"\0" + content)
    return digest.hexdigest()
