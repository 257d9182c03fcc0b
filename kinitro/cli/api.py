"""The API, the database and executor keys."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kinitro.cli.chain import create_backend_key

DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url", help="postgresql://user:password@host:5432/database [env: KINITRO_API_DATABASE_URL]"
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("api")(api)
    database = typer.Typer(name="db", help="Create, upgrade, look at and drop the database.", no_args_is_help=True)
    database.command("create")(create)
    database.command("init")(init)
    database.command("status")(status)
    database.command("prune")(prune)
    database.command("restored")(restored)
    database.command("drop")(drop)
    database.command("reset")(reset)
    app.add_typer(database)
    keys = typer.Typer(name="keys", help="Keys of executors and of the operator.", no_args_is_help=True)
    keys.command("create")(create_key)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke_key)
    keys.command("backend")(create_backend_key)
    app.add_typer(keys)


def api(
    database_url: DatabaseUrl = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on [default: 127.0.0.1].")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one [default: 8000].")] = None,
    auth: Annotated[
        bool | None, typer.Option("--auth/--no-auth", help="Executors need a key [default: --auth].")
    ] = None,
    netuid: Annotated[int | None, typer.Option(help="Serve only this subnet's cycles.")] = None,
    backend_public_key: Annotated[
        str | None, typer.Option(help="The operator's public key, published for miners to seal endpoints to.")
    ] = None,
    allow_mixed_physics: Annotated[
        bool | None, typer.Option("--allow-mixed-physics", help="Accept executors with another fingerprint.")
    ] = None,
    lease_ttl_s: Annotated[
        float | None,
        typer.Option("--lease-ttl-s", help="A lease without a heartbeat ends after this [default: 60]."),
    ] = None,
    trusted_proxies: Annotated[
        list[str] | None,
        typer.Option(
            "--trusted-proxies",
            help="Reverse proxies whose X-Forwarded headers are believed [default: 127.0.0.1,::1].",
        ),
    ] = None,
    root_path: Annotated[
        str | None, typer.Option("--root-path", help="Path below which a reverse proxy serves the API.")
    ] = None,
    drain_notice_s: Annotated[
        float | None, typer.Option("--drain-notice-s", help="Serve on after SIGTERM, for a load balancer to notice.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="auto, json or console.")] = None,
) -> None:
    """Serve the task pool, scores and weights over HTTP."""
    from kinitro.api.main import run
    from kinitro.api.settings import ApiSettings

    settings = ApiSettings.load(
        database_url=database_url,
        host=host,
        port=port,
        auth=auth,
        netuid=netuid,
        backend_public_key=backend_public_key,
        allow_mixed_physics=allow_mixed_physics,
        lease_ttl_s=lease_ttl_s,
        trusted_proxies=trusted_proxies,
        root_path=root_path,
        drain_notice_s=drain_notice_s,
        log_level=log_level,
        log_format=log_format,
    )
    run(settings)


def create(database_url: DatabaseUrl = None) -> None:
    """Create the database; `init` comes next."""
    from kinitro.database import schema

    name = schema.create_database(_url(database_url))
    typer.echo(f"Created the database {name!r}. Next: kinitro db init")


def init(database_url: DatabaseUrl = None) -> None:
    """Bring the schema of the database up to date; harmless if it is."""
    from kinitro.database import schema

    typer.echo(f"The schema is at revision {schema.upgrade(_url(database_url))}.")


def status(database_url: DatabaseUrl = None) -> None:
    """Show the schema revision and how many rows there are."""
    from kinitro.database import schema

    found = schema.status(_url(database_url))
    if found.revision is None:
        typer.echo(f"no schema (this program needs revision {found.head}): run `kinitro db init`")
        raise typer.Exit(1)
    if found.revision != found.head:
        state = f"this program needs {found.head}: run `kinitro db init`"
    else:
        state = "not as it should be: undo what changed it, or restore a backup" if found.differences else "up to date"
    typer.echo(f"revision {found.revision} ({state})")
    for difference in found.differences:
        typer.echo(f"  {difference}")
    for table, count in found.rows.items():
        typer.echo(f"{table:<12} {count:>12,}")
    if found.revision != found.head or found.differences:
        raise typer.Exit(1)


def prune(
    keep: Annotated[int, typer.Option(min=1, help="How many finished cycles keep their tasks and traces.")],
    database_url: DatabaseUrl = None,
) -> None:
    """Remove tasks and traces of old cycles; their scores and weights stay, but nobody can audit them any more."""
    import asyncio

    from kinitro.database.pool import open_pool, run_on
    from kinitro.database.schema import check_schema
    from kinitro.database.tasks import TaskPool

    async def work() -> None:
        async with await open_pool(_url(database_url), size=2) as connections:
            await run_on(connections, check_schema)
            pool = TaskPool(connections)
            cycles = await pool.old_cycles(keep)
            for cycle_id in cycles:
                typer.echo(f"cycle {cycle_id}: removed {await pool.drop_cycle_rows(cycle_id):,} rows")
            typer.echo(f"{len(cycles)} old cycles looked at, the newest {keep} kept.")

    asyncio.run(work())


def restored(database_url: DatabaseUrl = None) -> None:
    """Run this once after restoring a backup, before any service starts: no old lease may be mistaken for a new one."""
    from kinitro.database import schema

    typer.echo(f"All leases ended; {schema.after_restore(_url(database_url)):,} tasks are ready again.")


def drop(
    database_url: DatabaseUrl = None,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="End the sessions of others first.")] = False,
) -> None:
    """Drop the database and everything in it."""
    from kinitro.database import schema

    url = _url(database_url)
    _confirm(f"Drop the database {schema.database_name(url)!r} and everything in it?", yes)
    typer.echo(f"Dropped the database {schema.drop_database(url, force=force)!r}.")


def reset(
    database_url: DatabaseUrl = None,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="End the sessions of others first.")] = False,
) -> None:
    """Drop the database, create it again and bring its schema up to date."""
    from kinitro.database import schema

    url = _url(database_url)
    _confirm(f"Drop the database {schema.database_name(url)!r} and everything in it, and make a new one?", yes)
    schema.drop_database(url, force=force)
    name = schema.create_database(url)
    typer.echo(f"The database {name!r} is new and empty, its schema at revision {schema.upgrade(url)}.")


def create_key(
    executor: Annotated[str, typer.Argument(help="Name of the executor, such as gpu-1.")],
    scope: Annotated[
        Literal["tasks", "read", "verify"],
        typer.Option(help="tasks: lease, report and verify; verify: verify only; read: metrics only."),
    ] = "tasks",
    database_url: DatabaseUrl = None,
) -> None:
    """Make a key and show it this once; an executor may have two, so that keys can be rotated."""
    from pydantic import TypeAdapter, ValidationError

    from kinitro.client.messages import Name
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection
    from kinitro.errors import ConfigurationError

    try:
        TypeAdapter(Name).validate_python(executor)
    except ValidationError:
        raise ConfigurationError(
            f"An executor's name cannot be {executor!r}: use 1 to 100 letters, digits and . _ : / @ + -"
        ) from None
    with checked_connection(_url(database_url)) as connection:
        number, key = keys.create_key(connection, executor, scope)
    typer.echo(f"Key {number} of {executor!r}, scope {scope}. It is shown only now:", err=True)
    typer.echo(key)


def list_keys(database_url: DatabaseUrl = None) -> None:
    """Show all keys, without the keys themselves."""
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection

    with checked_connection(_url(database_url)) as connection:
        rows = keys.list_keys(connection)
    if not rows:
        typer.echo("There are no keys: make one with `kinitro keys create NAME`.")
        return
    typer.echo(f"{'key':>5}  {'executor':<24} {'scope':<6} {'created':<17} {'last used':<17} state")
    for row in rows:
        used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
        state = f"revoked {row.revoked_at:%Y-%m-%d %H:%M}" if row.revoked_at else "live"
        typer.echo(
            f"{row.id:>5}  {row.executor:<24} {row.scope:<6} {row.created_at:%Y-%m-%d %H:%M}  {used:<17} {state}"
        )


def revoke_key(
    number: Annotated[int, typer.Argument(help="Number of the key, from `kinitro keys list`.")],
    database_url: DatabaseUrl = None,
) -> None:
    """End a key; running APIs refuse it within 5 seconds."""
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection

    with checked_connection(_url(database_url)) as connection:
        row = keys.revoke_key(connection, number)
    typer.echo(f"Key {row.id} of {row.executor!r} is revoked.")


def _url(given: str | None) -> str:
    from kinitro.api.settings import ApiSettings

    return ApiSettings.load(database_url=given).database_url


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(f"{question} (--yes answers this)", abort=True)
