"""Commands that write and show commitments on the chain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinitro.cli.sealing import ApiUrl, BackendKeyOption, PlainEndpoint, operator_key

if TYPE_CHECKING:
    from kinitro.chain import ChainSnapshot, Neuron
    from kinitro.chain.commitments import Commitment
    from kinitro.chain.sealing import BackendKey

Netuid = Annotated[int, typer.Option(help="Use this subnet.", envvar="KINITRO_NETUID")]
Network = Annotated[
    str,
    typer.Option(
        help="Use this chain: finney, test, local, local-dev, or a ws:// or wss:// URL.", envvar="KINITRO_NETWORK"
    ),
]
WalletName = Annotated[str, typer.Option(help="Use this wallet.", envvar="KINITRO_WALLET_NAME")]
HotkeyName = Annotated[str, typer.Option(help="Use this hotkey of the wallet.", envvar="KINITRO_HOTKEY_NAME")]
WalletPath = Annotated[
    str | None,
    typer.Option(
        help="Look for wallets in this directory; by default in the SDK's, ~/.bittensor/wallets.",
        envvar="KINITRO_WALLET_PATH",
    ),
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("commit")(commit)
    app.command("show-commitment")(show_commitment)


def commit(
    repo: Annotated[str, typer.Option(help="Commit this Hugging Face repository, written as owner/name.")],
    revision: Annotated[
        str, typer.Option(help="Commit this revision: a full commit hash of 40 hexadecimal digits, not a branch.")
    ],
    netuid: Netuid,
    endpoint: Annotated[str | None, typer.Option(help="Commit this URL of your policy server.")] = None,
    hosted: Annotated[
        bool, typer.Option("--hosted", help="Commit no endpoint: take part where executors run the policy themselves.")
    ] = False,
    network: Network = "finney",
    wallet_name: WalletName = "default",
    hotkey_name: HotkeyName = "default",
    wallet_path: WalletPath = None,
    api_url: ApiUrl = None,
    backend_key: BackendKeyOption = None,
    plain_endpoint: PlainEndpoint = False,
    encrypt: Annotated[
        bool,
        typer.Option(
            "--encrypt",
            help="Fail if the operator's key is not known, instead of committing the endpoint in the clear.",
        ),
    ] = False,
    operator_hotkey: Annotated[
        str | None,
        typer.Option(help="Read the operator's key from what this address committed; by default the subnet owner's."),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Commit again what is already on chain, and give up its place in line.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")] = False,
) -> None:
    """Write on chain which policy you serve, and where. The block it gets is your place in line.

    The endpoint is sealed, for the operator's eyes only, where the operator's key is given, published by the API, or on
    chain. Without an endpoint (--hosted) executors run the policy, in cycles in which the operator allows that.
    """
    import asyncio

    from kinitro.chain import TransactionUndecided, Wallet, connect
    from kinitro.chain.commitments import Commitment, encode, fields
    from kinitro.chain.sealing import IN_THE_CLEAR, agree_on_key, seal_endpoint
    from kinitro.chain.seed_commitments import read_backend_key
    from kinitro.errors import ConfigurationError
    from kinitro.logs import public_url

    if hosted == (endpoint is not None):
        raise ConfigurationError("Give one of --endpoint URL and --hosted.")
    if hosted and (encrypt or backend_key or plain_endpoint):
        raise ConfigurationError("--hosted commits no endpoint, so there is nothing to seal: leave the other flag out.")
    encode(Commitment(repo, revision, endpoint))
    given = None if hosted else operator_key(backend_key, api_url, plain_endpoint, encrypt)
    wallet = Wallet(wallet_name, hotkey_name, wallet_path)

    def look_at(hotkey: str) -> str:
        return f"`kinitro show-commitment --netuid {netuid} --network {public_url(network)} --hotkey {hotkey}`"

    async def run() -> None:
        chain = await connect(network)
        try:
            hotkey = await chain.hotkey_address(wallet)
            newest = await chain.snapshot(netuid, (await chain.head()).number)
            key = None
            if not hosted and not plain_endpoint:
                key = agree_on_key(given, read_backend_key(newest, operator_hotkey), required=encrypt)
            place = seal_endpoint(endpoint, key, hotkey) if endpoint is not None and key is not None else endpoint
            data = encode(Commitment(repo, revision, place))
            typer.echo(f"Hotkey      {hotkey}, subnet {netuid} of {public_url(network)}")
            _describe(Commitment(repo, revision, place))
            if endpoint is not None and key is None:
                typer.echo(f"            {IN_THE_CLEAR}")
            sizes = " + ".join(str(len(field)) for field in fields(data))
            typer.echo(f"On chain    {len(data)} bytes ({sizes})")
            _check_place(newest, hotkey, data, again)
            if dry_run:
                typer.echo("Dry run: nothing was written.")
                return
            typer.echo("Sending     it, and waiting until its block is final, for about a minute")
            try:
                block = await chain.commit(netuid, wallet, data)
            except asyncio.CancelledError:
                typer.echo(f"It may have been sent: {look_at(hotkey)} before you try again.", err=True)
                raise
            except TransactionUndecided as undecided:
                raise TransactionUndecided(f"{undecided} Use {look_at(hotkey)}.", undecided.until_block) from None
            typer.echo(f"Committed in block {block}.")
        finally:
            await chain.close()

    asyncio.run(run())


def show_commitment(
    netuid: Netuid,
    network: Network = "finney",
    hotkey: Annotated[str | None, typer.Option(help="Show only the miner with this address.")] = None,
    uid: Annotated[int | None, typer.Option(help="Show only the miner with this uid.")] = None,
    block: Annotated[
        int | None, typer.Option(help="Show what was committed up to this block; by default the newest final one.")
    ] = None,
    backend_key_file: Annotated[
        Path | None,
        typer.Option(
            help="Open sealed endpoints with the operator's key in this file.", envvar="KINITRO_BACKEND_KEY_FILE"
        ),
    ] = None,
) -> None:
    """Show what miners have committed, as the scheduler reads it, and what is wrong with it."""
    import asyncio

    from kinitro.chain import connect
    from kinitro.chain.sealing import BackendKey
    from kinitro.errors import KinitroError

    key = BackendKey.load(backend_key_file) if backend_key_file else None

    async def read() -> ChainSnapshot:
        chain = await connect(network)
        try:
            return await chain.snapshot(netuid, block)
        finally:
            await chain.close()

    snapshot = asyncio.run(read())
    chosen = [
        neuron
        for neuron in snapshot.neurons
        if (hotkey is None or neuron.hotkey == hotkey) and (uid is None or neuron.uid == uid)
    ]
    if not chosen and (hotkey is not None or uid is not None):
        who = hotkey if hotkey is not None else f"uid {uid}"
        raise KinitroError(f"{who} is not registered on subnet {netuid} in block {snapshot.block.number}.")
    shown = [neuron for neuron in chosen if neuron.hotkey in snapshot.commitments]
    for neuron in shown:
        _show(neuron, snapshot, key)
    typer.echo(f"{len(shown)} of {len(chosen)} miners have a commitment in block {snapshot.block.number}.")


def create_backend_key(
    path: Annotated[Path, typer.Argument(help="The file of the key, which is created if it does not exist.")],
    publish: Annotated[
        bool,
        typer.Option("--publish", help="Write the public half on chain, beside the last cycle that was committed to."),
    ] = False,
    netuid: Annotated[int | None, typer.Option(help="Publish on this subnet.", envvar="KINITRO_NETUID")] = None,
    network: Network = "finney",
    wallet_name: WalletName = "default",
    hotkey_name: HotkeyName = "default",
    wallet_path: WalletPath = None,
) -> None:
    """Make the key that opens sealed endpoints, and print its public half, which miners need.

    A scheduler with this key publishes it with every cycle; --publish does so now.
    """
    from kinitro.chain.sealing import BackendKey
    from kinitro.errors import ConfigurationError

    if publish and netuid is None:
        raise ConfigurationError("--publish needs --netuid: the subnet on which the key is to be published.")

    if path.exists():
        key = BackendKey.load(path)
    else:
        key = BackendKey.generate()
        key.save(path)
        typer.echo(f"The key is in {path}: keep it secret, keep a copy, and give it to the scheduler.", err=True)
    typer.echo(key.public.hex())
    if publish and netuid is not None:
        _publish_key(key.public, netuid, network, wallet_name, hotkey_name, wallet_path)


def _publish_key(
    key: bytes, netuid: int, network: str, wallet_name: str, hotkey_name: str, wallet_path: str | None
) -> None:
    """Write the last commitment to a cycle again, with the key beside it. Raises KinitroError."""
    import asyncio
    from dataclasses import replace

    from kinitro.chain import Wallet, connect
    from kinitro.chain.seed_commitments import DIGEST_BYTES, NO_CYCLE, SeedCommitment, decode_seed_commitment
    from kinitro.errors import KinitroError

    async def run() -> None:
        chain = await connect(network)
        try:
            wallet = Wallet(wallet_name, hotkey_name, wallet_path)
            hotkey = await chain.hotkey_address(wallet)
            raw = (await chain.snapshot(netuid, (await chain.head()).number)).commitments.get(hotkey)
            seed = (
                decode_seed_commitment(raw.data) if raw is not None else SeedCommitment(NO_CYCLE, bytes(DIGEST_BYTES))
            )
            if seed is None:
                raise KinitroError(
                    f"{hotkey} has committed a miner's policy, which the key would replace: publish it with the hotkey "
                    "that commits to cycles (`kinitro scheduler --wallet-name`)."
                )
            if seed.backend_key == key:
                typer.echo("The chain has this key already.", err=True)
                return
            block = await chain.commit(netuid, wallet, replace(seed, backend_key=key).encode())
            typer.echo(f"Published on subnet {netuid} by {hotkey}, in block {block}.", err=True)
        finally:
            await chain.close()

    asyncio.run(run())


def _check_place(newest: ChainSnapshot, hotkey: str, data: bytes, again: bool) -> None:
    """Refuse what the chain would refuse, and what may cost the place in line for nothing; tell what is replaced."""
    from kinitro.chain import TransactionRefused
    from kinitro.errors import KinitroError

    if hotkey not in {neuron.hotkey for neuron in newest.neurons}:
        raise TransactionRefused(
            f"Nothing can be committed: the hotkey is not registered on this subnet ({hotkey}, subnet {newest.netuid})."
        )
    present = newest.valid_commitment(hotkey)
    if present is None:
        return
    if not again and (same := _describe_same(present.data, data)) is not None:
        raise KinitroError(
            f"Block {present.block} holds {same} Committing again costs your place in line: it would be the block of "
            f"the new commitment instead of block {present.block}. Add --again if you want that."
        )
    typer.echo(f"Replaces    the commitment of block {present.block}, whose place in line is given up")


def _describe_same(present: bytes, new: bytes) -> str | None:
    """In words, what is the same in the commitment on chain and the new one; None if they differ.

    Sealing the same endpoint again gives other bytes, and only the operator's key opens either, so that nobody here can
    tell whether two sealed endpoints are the same.
    """
    from kinitro.chain.commitments import Malformed, SealedEndpoint, decode

    if present == new:
        return "exactly this commitment already."
    first, second = decode(present), decode(new)
    if isinstance(first, Malformed) or isinstance(second, Malformed):
        return None
    sealed = isinstance(first.endpoint, SealedEndpoint) and isinstance(second.endpoint, SealedEndpoint)
    if not sealed or (first.repo, first.revision) != (second.repo, second.revision):
        return None
    return (
        "this repository and revision already. Its endpoint is sealed, so it cannot be compared with yours: if your "
        "policy server is still at the address that you committed, there is nothing to do; if it has moved, you must "
        "commit again."
    )


def _show(neuron: Neuron, snapshot: ChainSnapshot, key: BackendKey | None) -> None:
    from kinitro.chain.commitments import Malformed, decode
    from kinitro.chain.seed_commitments import decode_seed_commitment

    raw = snapshot.commitments[neuron.hotkey]
    typer.echo(f"uid {neuron.uid}     {neuron.hotkey}, committed in block {raw.block} ({len(raw.data)} bytes)")
    if (seed := decode_seed_commitment(raw.data)) is not None:
        what = f"commitment to the seeds of cycle {seed.cycle}" if not seed.is_only_a_key else "public key"
        typer.echo(f"No miner    an operator's {what}")
        if seed.backend_key is not None:
            typer.echo(f"Key         {seed.backend_key.hex()}, to which miners seal their endpoints")
        typer.echo("")
        return
    commitment = decode(raw.data)
    if raw.block < neuron.registered_block:
        typer.echo(f"Does not count: it is older than the registration in block {neuron.registered_block}.")
    if isinstance(commitment, Malformed):
        typer.echo(f"Does not count: {commitment.reason}.")
    else:
        _describe(commitment, key, neuron.hotkey)
    typer.echo("")


def _describe(commitment: Commitment, key: BackendKey | None = None, hotkey: str = "") -> None:
    """Every part is printable ASCII: the codec lets nothing else through."""
    from kinitro.chain.commitments import Malformed, SealedEndpoint

    typer.echo(f"Repository  {commitment.repo}")
    typer.echo(f"Revision    {commitment.revision}")
    endpoint = commitment.endpoint
    if endpoint is None:
        typer.echo("Endpoint    none; executors run the policy where the operator allows that")
    elif not isinstance(endpoint, SealedEndpoint):
        typer.echo(f"Endpoint    {endpoint}")
    elif key is None:
        typer.echo("Endpoint    sealed; only the operator's key opens it")
    else:
        opened = key.open(endpoint, hotkey)
        typer.echo(f"Endpoint    {opened.reason if isinstance(opened, Malformed) else f'{opened} (sealed)'}")
