"""Commands of miners: from a new project to a deployed and committed policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kinitro.cli.chain import HotkeyName, Netuid, Network, WalletName, WalletPath
from kinitro.cli.sealing import ApiUrl, BackendKeyOption, PlainEndpoint, operator_key

if TYPE_CHECKING:
    from kinitro.miner.basilica import Machine

Repo = Annotated[str, typer.Option(help="Use this Hugging Face repository, written as owner/name.")]
GpuCount = Annotated[int, typer.Option(min=0, max=8, help="Deploy with this many GPUs.")]
MinVram = Annotated[int | None, typer.Option(min=1, help="Require this many GB of memory of each GPU.")]
Cpu = Annotated[str, typer.Option(help="Deploy with this many cores, for example 2 or 500m.")]
Memory = Annotated[str, typer.Option(help="Deploy with this much main memory, for example 4Gi.")]
Name = Annotated[
    str | None, typer.Option(help="Give the deployment this name; by default one that follows from the repository.")
]
Timeout = Annotated[float, typer.Option(min=1, help="Wait at most this many seconds for the server to answer.")]
Image = Annotated[str | None, typer.Option(help="Deploy in this container image, which needs python3, pip and venv.")]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private-endpoints", help="Allow a Basilica on your own network.", hidden=True)
]


Public = Annotated[
    bool, typer.Option("--public", help="Upload to a public repository, whose revision others may commit before you.")
]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("init-miner")(init_miner)
    app.command("demos")(demos)
    app.command("upload")(upload)
    app.command("publish")(publish)
    app.command("basilica-push")(basilica_push)
    app.command("miner-deploy")(miner_deploy)


def init_miner(
    directory: Annotated[Path, typer.Argument(help="A new folder, for example ./my-policy.")],
    template: Annotated[
        str, typer.Option(help="Start from this template: random, numpy, baseline, torch, lerobot or openpi.")
    ] = "random",
) -> None:
    """Write a small, complete policy project."""
    from kinitro.miner.projects import TEMPLATES, create_project

    create_project(directory, template)
    typer.echo(f"Wrote {directory}: {TEMPLATES[template]}.")
    typer.echo(f"Next: cd {directory}, pip install -r requirements.txt, uvicorn server:app --port 8001")


def demos(
    out: Annotated[Path, typer.Option(help="Write the dataset to this folder.", file_okay=False)],
    environments: Annotated[
        str | None,
        typer.Option(help="Record in these environments or sets, separated by commas; by default in `mission`."),
    ] = None,
    episodes: Annotated[
        int, typer.Option(min=1, max=100_000, help="Record this many demonstrations in each environment.")
    ] = 50,
    dataset_format: Annotated[str, typer.Option("--format", help="Write this format: lerobot or npz.")] = "lerobot",
    seed: Annotated[int, typer.Option(min=0, help="Draw the episodes from this seed.")] = 0,
    randomization: Annotated[
        str, typer.Option(help="Randomize this much: none, standard (as when scored) or hard.")
    ] = "standard",
    privileged: Annotated[
        bool,
        typer.Option(
            "--privileged", help="Record where things are, too (`privileged_state`): labels that no policy ever sees."
        ),
    ] = False,
    pack: Annotated[
        Path | None,
        typer.Option(help="Draw the environments on the rung sealed from this pack, such as one that was revealed."),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Run in this many processes; by default one per core.")
    ] = None,
) -> None:
    """Record demonstrations of the scripted experts, as a policy would see them.

    The same command continues an interrupted run where it stopped.
    """
    import os

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from kinitro.environments.packs.directory import open_pack
    from kinitro.environments.registry import bind_all_to_pack
    from kinitro.environments.sets import parse_environments
    from kinitro.errors import ConfigurationError
    from kinitro.miner.datasets import WRITERS, write_dataset
    from kinitro.miner.demonstrations import DemonstrationOrder, collect

    if dataset_format not in WRITERS:
        raise ConfigurationError(f"--format {dataset_format!r} is not known: write {' or '.join(WRITERS)}.")
    sealed = None if pack is None else open_pack(pack)
    specs = bind_all_to_pack(parse_environments(environments), None if sealed is None else sealed.digest)
    chosen = tuple(spec.id for spec in specs)
    order = DemonstrationOrder(chosen, episodes, out, seed, randomization, privileged=privileged, pack=pack)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars = {env_id: progress.add_task(env_id, total=episodes) for env_id in chosen}
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        files = collect(order, workers or cores, lambda env_id, n: progress.update(bars[env_id], completed=n))
    write_dataset(dataset_format, files, out)
    typer.echo(f"{len(files)} demonstrations of {len(chosen)} environments are in {out}.")


def upload(
    folder: Annotated[Path, typer.Argument(help="The policy's folder.", file_okay=False)],
    repo: Repo,
    public: Public = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be uploaded, and send nothing.")] = False,
) -> None:
    """Upload a policy to a private repository of the Hugging Face hub and print its full revision.

    Needs HF_TOKEN in the environment. The revision has exactly the files that are listed first. Once it is committed,
    `kinitro publish` lets others see it.
    """
    from kinitro.miner import contents, hub

    if dry_run:
        hub.check_repo(repo)
        listed = contents.list_contents(folder)
        listed.check_secrets(hub.list_own_secrets())
        for line in listed.lines():
            typer.echo(line)
        typer.echo("Dry run: nothing was sent.")
        return
    revision = hub.upload(folder, repo, public=public, report=_report)
    state = "is public" if public else "is private until you run `kinitro publish`"
    typer.echo(f"{repo} {state}. Its revision:", err=True)
    typer.echo(revision)


def publish(
    repo: Repo,
    revision: Annotated[
        str, typer.Option(help="Use this revision: the full commit hash that `kinitro upload` prints.")
    ],
) -> None:
    """Make the repository of a committed policy public, as verification requires. Needs HF_TOKEN in the environment."""
    from kinitro.miner import hub

    size = hub.publish(repo, revision)
    typer.echo(f"Everybody can download {repo} at {revision}: {size / 1e6:.1f} MB.")


def basilica_push(
    repo: Repo,
    revision: Annotated[
        str, typer.Option(help="Use this revision: the full commit hash that `kinitro upload` prints.")
    ],
    gpu_count: GpuCount = 0,
    min_vram: MinVram = None,
    cpu: Cpu = "2",
    memory: Memory = "4Gi",
    name: Name = None,
    timeout: Timeout = 900.0,
    image: Image = None,
    hotkey: Annotated[
        str | None, typer.Option(help="Let /health report this SS58 address of your hotkey.", envvar="KINITRO_HOTKEY")
    ] = None,
    allow_private_endpoints: AllowPrivate = False,
) -> None:
    """Serve an uploaded policy on Basilica and print its endpoint. Needs BASILICA_API_TOKEN in the environment.

    A private repository also needs HF_READ_TOKEN, a token that may only read it and that the deployment is given.
    """
    from kinitro.logs import configure_logs
    from kinitro.miner import basilica, cloud, hub

    configure_logs("error", "console")
    machine = _machine(gpu_count, min_vram, cpu, memory, image)
    cloud.require_token()
    hub.check_repo(repo, revision)
    basilica.name_deployment(repo, revision, name)
    read_token = hub.choose_deployment_token(repo, revision)
    deployed = basilica.deploy(
        repo,
        revision,
        machine,
        name=name,
        timeout_s=timeout,
        report=_report,
        allow_private=allow_private_endpoints,
        hotkey=hotkey,
        read_token=read_token,
    )
    typer.echo(deployed.endpoint)


def miner_deploy(
    folder: Annotated[Path, typer.Argument(help="The policy's folder.", file_okay=False)],
    repo: Repo,
    netuid: Netuid,
    network: Network = "finney",
    wallet_name: WalletName = "default",
    hotkey_name: HotkeyName = "default",
    wallet_path: WalletPath = None,
    gpu_count: GpuCount = 0,
    min_vram: MinVram = None,
    cpu: Cpu = "2",
    memory: Memory = "4Gi",
    name: Name = None,
    timeout: Timeout = 900.0,
    image: Image = None,
    api_url: ApiUrl = None,
    backend_key: BackendKeyOption = None,
    plain_endpoint: PlainEndpoint = False,
    public: Public = False,
    hosted: Annotated[
        bool,
        typer.Option(
            "--hosted",
            help="Deploy nothing and commit no endpoint: take part where executors run the policy themselves.",
        ),
    ] = False,
    allow_private_endpoints: AllowPrivate = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
) -> None:
    """Upload, deploy, check, commit and publish. Run it again after a failure: it continues where it stopped.

    The repository is private until the commitment is on chain. Needs HF_TOKEN, HF_READ_TOKEN (given to the deployment)
    and BASILICA_API_TOKEN in the environment; with --hosted only HF_TOKEN.
    """
    from kinitro.chain import Wallet
    from kinitro.errors import ConfigurationError
    from kinitro.logs import configure_logs
    from kinitro.miner.deployment import DeploymentOrder, deploy_all, plan

    configure_logs("error", "console")
    if hosted and (plain_endpoint or backend_key):
        raise ConfigurationError("--hosted commits no endpoint, so there is nothing to seal: leave the other flag out.")
    order = DeploymentOrder(
        folder,
        repo,
        _machine(gpu_count, min_vram, cpu, memory, image),
        netuid,
        network,
        Wallet(wallet_name, hotkey_name, wallet_path),
        name,
        timeout,
        allow_private_endpoints,
        public,
        None if hosted else operator_key(backend_key, api_url, plain_endpoint),
        plain_endpoint,
        hosted,
    )
    if dry_run:
        for step in plan(order):
            typer.echo(step)
        typer.echo("Dry run: nothing was changed.")
        return
    block = deploy_all(order, _report)
    typer.echo(f"Your policy is in line since block {block}.")


def _machine(gpu_count: int, min_vram: int | None, cpu: str, memory: str, image: str | None) -> Machine:
    from kinitro.miner.basilica import DEFAULT_IMAGE, Machine

    return Machine(gpu_count, min_vram, cpu, memory, image or DEFAULT_IMAGE)


def _report(line: str) -> None:
    typer.echo(line, err=True)
