"""`kinitro status`: what a miner wants to know while it waits, and what it should do next."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from kinitro.cli.chain import WalletPath

if TYPE_CHECKING:
    from kinitro.client.http import RequestSigning
    from kinitro.client.messages import MinerStatus

ACTION_NEEDED = 4
"""The exit code that says that the miner should do something; 0 says that there is nothing to do."""
FAULT_SHARE = 0.05
"""From this share of its episodes on, faults of a miner's server are worth doing something about."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Something that the miner may do; `needed`: it loses something if it does not."""

    sentence: str
    needed: bool


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("status")(status)


def status(
    hotkey: Annotated[str | None, typer.Option(help="Show the miner with this SS58 address.")] = None,
    uid: Annotated[int | None, typer.Option(min=0, max=65535, help="Show the miner with this uid.")] = None,
    api_url: Annotated[
        str, typer.Option(envvar="KINITRO_API_URL", help="Ask the subnet's API at this address.")
    ] = "http://127.0.0.1:8000",
    wallet_name: Annotated[
        str | None,
        typer.Option(help="Sign as the miner with a hotkey of this wallet, which shows faults before the reveal, too."),
    ] = None,
    hotkey_name: Annotated[str, typer.Option(help="Sign with this hotkey of the wallet.")] = "default",
    wallet_path: WalletPath = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on, and show every change, until something must be done.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, max=3600, help="Ask again after this many seconds.")] = 10.0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: one object, or one per line with --watch.")
    ] = False,
) -> None:
    """Show whether your commitment counts, how far your episodes are, and what to do next.

    Exit codes: 0 if there is nothing to do, 4 if there is, 1 if the miner is not known, 3 if the API does not answer.
    """
    from kinitro.logs import configure_logs

    configure_logs("error", "console")
    miner, signer = _choose_miner(hotkey, uid, wallet_name, hotkey_name, wallet_path)
    if asyncio.run(_follow(miner, signer, api_url, every if watch else None, as_json=as_json)):
        raise typer.Exit(ACTION_NEEDED)


def _choose_miner(
    hotkey: str | None, uid: int | None, wallet_name: str | None, hotkey_name: str, wallet_path: str | None
) -> tuple[int | str, RequestSigning | None]:
    """Choose whom to ask about, and who signs. Raises ConfigurationError, InvalidAddress."""
    from kinitro.chain.ss58 import decode_address
    from kinitro.errors import ConfigurationError
    from kinitro.policies.signing import RequestSigner, load_hotkey

    if hotkey is not None and uid is not None:
        raise ConfigurationError("--hotkey and --uid name two miners: give one of them.")
    if hotkey is not None:
        decode_address(hotkey)
    key = load_hotkey(wallet_name, hotkey_name, wallet_path) if wallet_name is not None else None
    if key is None:
        named = uid if hotkey is None else hotkey
        if named is None:
            raise ConfigurationError("Whose status? Give --uid N, --hotkey ADDRESS, or your --wallet-name.")
        return named, None
    if hotkey not in (None, key.ss58_address):
        raise ConfigurationError(f"--hotkey is not the address of {wallet_name}/{hotkey_name}, {key.ss58_address}.")
    return key.ss58_address if uid is None else uid, RequestSigner(key)


async def _follow(
    miner: int | str, signer: RequestSigning | None, api_url: str, every_s: float | None, *, as_json: bool
) -> bool:
    """Show the status, once or (`every_s`) whenever it changes; returns whether something must be done.

    Raises ApiUnavailable, ApiRefused; while it follows, an API that is away is reported and asked again.
    """
    from kinitro.client.errors import ApiUnavailable
    from kinitro.client.http import ApiClient

    shown: MinerStatus | None = None
    trouble = ""
    async with ApiClient(api_url, tries=1) as api:
        while True:
            try:
                found = await api.miner_status(miner, signer)
                if found != shown:
                    _show(found, as_json=as_json, on_one_line=every_s is not None)
                shown, trouble = found, ""
            except ApiUnavailable as error:
                if every_s is None or shown is None:
                    raise
                if str(error) != trouble:
                    trouble = str(error)
                    typer.echo(f"kinitro: {trouble}", err=True)
            needed = any(advice.needed for advice in advise(shown))
            if needed or every_s is None:
                return needed
            await asyncio.sleep(every_s)


def advise(found: MinerStatus) -> list[Advice]:
    """List what the miner should do, the most urgent first; never empty."""
    return list(_advise(found))


def _advise(found: MinerStatus) -> Iterator[Advice]:
    commitment, where = found.commitment, f"cycle {found.cycle_id}, which looked at block {found.cycle_block}"
    if commitment is None:
        yield Advice(
            f"There was no commitment of yours for {where}: commit (`kinitro miner-deploy`), or if you have since, "
            "wait for the next cycle.",
            True,
        )
    elif commitment.excluded is not None:
        yield Advice(
            f"Your commitment did not count for {where} ({_plain(commitment.excluded).rstrip('.')}): correct that, and "
            "commit again if it is about the commitment itself.",
            True,
        )
    yield from _advise_on_faults(found)
    yield from _advise_on_last_score(found)
    if commitment is not None and commitment.excluded is None:
        yield Advice(_describe_waiting(found), False)


def _advise_on_faults(found: MinerStatus) -> Iterator[Advice]:
    progress = found.progress
    if progress is None or progress.policy_faults is None:
        return
    faults = sum(progress.policy_faults.values())
    if faults:
        yield Advice(
            f"Your server ended {faults} of {progress.finished} finished episodes by faults, which count as failures: "
            "run `kinitro check URL --public`, and look at its log.",
            faults >= FAULT_SHARE * progress.finished,
        )


def _advise_on_last_score(found: MinerStatus) -> Iterator[Advice]:
    score = found.last_score
    if score is None:
        return
    evidence = f"/v1/miners/{found.uid}/verifications?cycle={found.last_cycle}"
    if score.disqualified:
        yield Advice(
            f"Verification disqualified you in cycle {found.last_cycle}: deploy exactly what you committed; {evidence} "
            "of the API has the evidence.",
            True,
        )
    elif failed := sum(score.verdicts.get(verdict, 0) for verdict in ("mismatch", "unverifiable")):
        yield Advice(
            f"{failed} checks of your upload failed in cycle {found.last_cycle}: see {evidence} of the API.", False
        )
    episodes = sum(row.episodes for row in score.environments)
    faults = sum(row.faults for row in score.environments)
    if faults and faults >= FAULT_SHARE * episodes:
        yield Advice(
            f"{faults} of your {episodes} episodes of cycle {found.last_cycle} failed by faults of your server: run "
            "`kinitro check URL --public`.",
            found.progress is None or found.progress.policy_faults is None,
        )
    if not score.weight:
        yield Advice(
            f"You earned nothing in cycle {found.last_cycle}: `kinitro explain --uid {found.uid}` says why.", False
        )


def _describe_waiting(found: MinerStatus) -> str:
    waiting = {
        "open": "wait until its seeds are drawn",
        "running": f"keep your server running until it is over, at {found.deadline_at} at the latest",
        "scoring": "wait until its scores are published",
    }
    if found.cycle_state in waiting:
        return f"Your commitment counts for cycle {found.cycle_id}: {waiting[found.cycle_state]}."
    return f"Cycle {found.cycle_id} is over ({found.cycle_state}): keep your server running for the next one."


def _show(found: MinerStatus, *, as_json: bool, on_one_line: bool) -> None:
    advices = advise(found)
    if as_json:
        import json

        fields = found.model_dump(mode="json") | {
            "action_needed": any(advice.needed for advice in advices),
            "next": [advice.sentence for advice in advices],
        }
        typer.echo(json.dumps(fields, indent=None if on_one_line else 2))
    else:
        for name, text in (*_list_facts(found), *(("Next", advice.sentence) for advice in advices)):
            typer.echo(f"{name:<12}{_plain(text)}")
        if on_one_line:
            typer.echo("")
    sys.stdout.flush()


def _list_facts(found: MinerStatus) -> Iterator[tuple[str, str]]:
    yield "Miner", f"uid {found.uid}, {found.hotkey}, subnet {found.netuid}"
    if (commitment := found.commitment) is not None:
        policy = f"{commitment.repo} at {commitment.revision}" if commitment.repo else "not readable"
        counts = "counts" if commitment.excluded is None else f"does not count: {commitment.excluded}"
        yield "Commitment", f"of block {commitment.first_block}, {policy}; it {counts}"
        if commitment.place is not None:
            yield "In line", f"place {commitment.place} of {found.participants}; ties go to whoever is first"
    reason = f": {found.cycle_reason}" if found.cycle_reason else ""
    yield "Cycle", f"{found.cycle_id} is {found.cycle_state}{reason}"
    if (progress := found.progress) is not None:
        yield "Episodes", f"{progress.finished} of {progress.total} are finished"
        if progress.policy_faults is None:
            yield "Faults", "are told to the miner itself before the cycle is over: add --wallet-name"
        else:
            yield "Faults", f"of your server: {_count(progress.policy_faults)}; of ours: {_count(progress.void or {})}"
    if (score := found.last_score) is not None:
        leads = sum(row.leader for row in score.environments)
        yield (
            f"Cycle {found.last_cycle}",
            f"weight {score.weight:.4f}, {score.points:g} points, "
            f"leads {leads} of {len(score.environments)} environments",
        )
        yield "Verified", _count(score.verdicts) + (", disqualified" if score.disqualified else "")
    elif found.last_cycle is not None:
        yield f"Cycle {found.last_cycle}", "took place without this miner"


def _count(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda item: -item[1])) or "none"


def _plain(text: str) -> str:
    """Replace the control characters in text of others, which a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
