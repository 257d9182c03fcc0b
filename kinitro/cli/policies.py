"""The command that checks a policy server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from kinitro.cli.chain import WalletPath

if TYPE_CHECKING:
    from kinitro.policies.conformance import CheckResult


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("check")(check)


def check(
    url: str = typer.Argument(help="The base URL of a policy server, for example http://127.0.0.1:8001."),
    samples: int = typer.Option(100, min=1, max=10_000, help="Measure the latency with this many calls."),
    wait: float = typer.Option(0.0, min=0, help="Wait at most this many seconds for the server to start."),
    public: bool = typer.Option(False, "--public", help="Fail unless evaluators would connect to this address."),
    environments: str = typer.Option(
        None, help="Check on these environments or sets, separated by commas; by default on `mission`."
    ),
    json_output: bool = typer.Option(False, "--json", help="Print the report as JSON."),
    wallet_name: str | None = typer.Option(
        None, help="Sign requests with a hotkey of this wallet; by default do not sign."
    ),
    hotkey_name: str = typer.Option("default", help="Sign with this hotkey of the wallet."),
    wallet_path: WalletPath = None,
    receiver: str | None = typer.Option(
        None, help="Bind signatures to this SS58 address of the miner's hotkey; by default to the signing hotkey's."
    ),
) -> None:
    """Check whether a policy server follows the protocol, and in time. Exit code 1 if it does not."""
    import asyncio

    from rich.console import Console

    from kinitro.environments.sets import parse_environments
    from kinitro.policies.conformance import CHECKS, ConformanceVerdict, Subject, run_checks, to_json
    from kinitro.policies.signing import RequestSigner, load_hotkey

    signer = None
    if wallet_name:
        key = load_hotkey(wallet_name, hotkey_name, wallet_path)
        signer = RequestSigner(key, receiver or key.ss58_address)
    subject = Subject(url, samples=samples, public=public, signer=signer, patience_s=wait)
    if environments:
        subject.specs = parse_environments(environments)
    with Console(stderr=True).status(f"Checking {url} ...") as status:
        names = iter([*list(CHECKS)[1:], ""])
        results = asyncio.run(run_checks(subject, lambda _: status.update(f"Checking {url}: {next(names)} ...")))
    if json_output:
        typer.echo(to_json(url, results).decode())
    else:
        _print_table(results)
    if any(result.verdict in (ConformanceVerdict.FAILED, ConformanceVerdict.SKIPPED) for result in results):
        raise typer.Exit(1)


def _print_table(results: list[CheckResult]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from kinitro.policies.conformance import ConformanceVerdict

    styles = {
        ConformanceVerdict.PASSED: "green",
        ConformanceVerdict.WARNING: "yellow",
        ConformanceVerdict.FAILED: "bold red",
        ConformanceVerdict.SKIPPED: "dim",
    }
    table = Table("check", "verdict", "what was found", box=box.SIMPLE_HEAD)
    for result in results:
        table.add_row(result.name, f"[{styles[result.verdict]}]{result.verdict}[/]", escape(result.detail))
    Console().print(table)
