"""`kinitro doctor`: is everything there that a miner, a validator or an operator needs?"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from kinitro.cli.chain import WalletPath

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kinitro.doctor.findings import Finding


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("doctor")(doctor)


def doctor(
    role: Annotated[
        Literal["miner", "validator", "operator"] | None,
        typer.Argument(help="Check what this role needs; by default only what concerns the machine."),
    ] = None,
    api_url: Annotated[
        str | None, typer.Option(envvar="KINITRO_API_URL", help="Look at the API at this address.")
    ] = None,
    netuid: Annotated[
        int | None, typer.Option(min=0, max=65535, envvar="KINITRO_NETUID", help="Look at this subnet.")
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            envvar="KINITRO_NETWORK", help="Use this chain: finney, test, local, local-dev, or a ws:// or wss:// URL."
        ),
    ] = None,
    wallet_name: Annotated[str | None, typer.Option(envvar="KINITRO_WALLET_NAME", help="Look at this wallet.")] = None,
    hotkey_name: Annotated[
        str | None, typer.Option(envvar="KINITRO_HOTKEY_NAME", help="Look at this hotkey of the wallet.")
    ] = None,
    wallet_path: WalletPath = None,
    endpoint: Annotated[str | None, typer.Option(help="Look at the policy server at this URL, as a miner.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Look whether everything is there that this role needs, and say what to do about the rest.

    Validators and operators are looked at with the settings that their services would read here. Nothing is changed,
    and no secret is shown. Exit code 1 if something is missing that the role needs.
    """
    from kinitro.doctor.findings import State, examine_all
    from kinitro.doctor.roles import AskedAbout, list_examinations
    from kinitro.logs import configure_logs

    configure_logs("error", "console")
    subject = AskedAbout(api_url, netuid, network, wallet_name, hotkey_name, wallet_path, endpoint)
    examinations = list_examinations(role, subject)
    findings = asyncio.run(examine_all(examinations, subject.secrets))
    missing = sum(finding.state is State.MISSING for finding in findings)
    if as_json:
        import json
        from dataclasses import asdict

        content = {"role": role, "missing": missing, "findings": [asdict(finding) for finding in findings]}
        typer.echo(json.dumps(content, indent=2))
    else:
        _show(findings, missing)
    if missing:
        raise typer.Exit(1)


def _show(findings: Sequence[Finding], missing: int) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        text = f"{finding.detail} {finding.todo}".strip()
        plain = "".join(character if character.isprintable() else "?" for character in text)
        typer.echo(f"{finding.state:<9} {finding.name:<{width}}  {plain}")
    typer.echo("Nothing that is needed is missing." if not missing else f"{missing} of {len(findings)} are missing.")
