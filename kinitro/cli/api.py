"""Commands that serve the API, and that manage the database and executor keys."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from kinitro.cli.chain import create_backend_key
from kinitro.cli.flags import command_of

_SETTINGS = "kinitro.api.settings:ApiSettings"
KeyHolder = Annotated[str, typer.Argument(metavar="EXECUTOR", help="The name of the executor, such as gpu-1.")]
KeyScope = Annotated[
    Literal["tasks", "read", "verify"],
    typer.Option(
        help="Allow to lease, report and verify (tasks), only to verify (verify), or only to read metrics (read)."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    app.command("api", cls=command_of(_SETTINGS))(api)
    with_database = command_of(_SETTINGS, "database_url")
    database = typer.Typer(name="db", help="Create, upgrade, check and drop the database.", no_args_is_help=True)
    database.command("create", cls=with_database)(create)
    database.command("init", cls=with_database)(init)
    database.command("status", cls=with_database)(status)
    database.command("prune", cls=with_database)(prune)
    database.command("restored", cls=with_database)(restored)
    database.command("drop", cls=with_database)(drop)
    database.command("reset", cls=with_database)(reset)
    app.add_typer(database)
    keys = typer.Typer(name="keys", help="Manage the keys of executors and of the operator.", no_args_is_help=True)
    keys.command("create", cls=with_database)(create_key)
    keys.command("import", cls=with_database)(import_key)
    keys.command("list", cls=with_database)(list_keys)
    keys.command("revoke", cls=with_database)(revoke_key)
    keys.command("backend")(create_backend_key)
    app.add_typer(keys)


def api(context: typer.Context) -> None:
    """Serve the task pool, scores and weights over HTTP."""
    from kinitro.api.main import run

    run(context.obj)


def create(context: typer.Context) -> None:
    """Create the database; `kinitro db init` comes next."""
    from kinitro.database import schema

    name = schema.create_database(context.obj.database_url)
    typer.echo(f"Created the database {name!r}. Next: kinitro db init")


def init(
    context: typer.Context,
    drop_sequential: Annotated[
        bool,
        typer.Option(
            "--drop-sequential",
            help="Remove cycles that kinitro 0.1 played with --sequential; without this they stop the upgrade.",
        ),
    ] = False,
) -> None:
    """Bring the schema of the database up to date; changes nothing if it is."""
    from kinitro.database import schema

    revision = schema.upgrade(context.obj.database_url, drop_sequential=drop_sequential)
    typer.echo(f"The schema is at revision {revision}.")


def status(context: typer.Context) -> None:
    """Show the schema revision and how many rows there are."""
    from kinitro.database import schema

    found = schema.status(context.obj.database_url)
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
    context: typer.Context,
    keep: Annotated[
        int, typer.Option(min=1, help="Keep the tasks and traces of this many of the newest finished cycles.")
    ],
) -> None:
    """Remove tasks and traces of old cycles; their scores and weights stay, but nobody can audit them any more."""
    import asyncio

    from kinitro.database.pool import open_pool, run_on
    from kinitro.database.schema import check_schema
    from kinitro.database.tasks import TaskPool

    async def work() -> None:
        async with await open_pool(context.obj.database_url, size=2) as connections:
            await run_on(connections, check_schema)
            pool = TaskPool(connections)
            cycles = await pool.old_cycles(keep)
            for cycle_id in cycles:
                typer.echo(f"cycle {cycle_id}: removed {await pool.drop_cycle_rows(cycle_id):,} rows")
            typer.echo(f"{len(cycles)} old cycles checked, the newest {keep} kept.")

    asyncio.run(work())


def restored(context: typer.Context) -> None:
    """Run this once after restoring a backup, before any service starts: no old lease may be mistaken for a new one."""
    from kinitro.database import schema

    typer.echo(f"All leases ended; {schema.after_restore(context.obj.database_url):,} tasks are ready again.")


def drop(
    context: typer.Context,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="End the sessions of others first.")] = False,
) -> None:
    """Drop the database and everything in it."""
    from kinitro.database import schema

    url = context.obj.database_url
    _confirm(f"Drop the database {schema.database_name(url)!r} and everything in it?", yes)
    typer.echo(f"Dropped the database {schema.drop_database(url, force=force)!r}.")


def reset(
    context: typer.Context,
    yes: Yes = False,
    force: Annotated[bool, typer.Option("--force", help="End the sessions of others first.")] = False,
) -> None:
    """Drop the database, create it again and bring its schema up to date."""
    from kinitro.database import schema

    url = context.obj.database_url
    _confirm(f"Drop the database {schema.database_name(url)!r} and everything in it, and make a new one?", yes)
    schema.drop_database(url, force=force)
    name = schema.create_database(url)
    typer.echo(f"The database {name!r} is new and empty, its schema at revision {schema.upgrade(url)}.")


def create_key(context: typer.Context, executor: KeyHolder, scope: KeyScope = "tasks") -> None:
    """Make a key and show it, only this once; an executor may have two, so that keys can be rotated."""
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection

    _check_name(executor)
    with checked_connection(context.obj.database_url) as connection:
        number, key = keys.create_key(connection, executor, scope)
    typer.echo(f"Key {number} of {executor!r}, scope {scope}. It is shown only now:", err=True)
    typer.echo(key)


def import_key(context: typer.Context, executor: KeyHolder, scope: KeyScope = "tasks") -> None:
    """Add a key that you made, read from standard input; changes nothing if it is there.

    For deployments that decide on their keys before there is a database.
    """
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection

    _check_name(executor)
    key = typer.get_text_stream("stdin").read(1000).strip()
    with checked_connection(context.obj.database_url) as connection:
        number = keys.import_key(connection, executor, scope, key)
    typer.echo(f"Key {number} of {executor!r}, scope {scope}, is there.")


def _check_name(executor: str) -> None:
    from pydantic import TypeAdapter, ValidationError

    from kinitro.client.messages import Name
    from kinitro.errors import ConfigurationError

    try:
        TypeAdapter(Name).validate_python(executor)
    except ValidationError:
        raise ConfigurationError(
            f"An executor's name cannot be {executor!r}: use 1 to 100 letters, digits and . _ : / @ + -"
        ) from None


def list_keys(context: typer.Context) -> None:
    """Show all keys, without the keys themselves."""
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection

    with checked_connection(context.obj.database_url) as connection:
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
    context: typer.Context,
    number: Annotated[int, typer.Argument(help="The number of the key, which `kinitro keys list` shows.")],
) -> None:
    """End a key; running APIs refuse it within 5 seconds."""
    from kinitro.database import keys
    from kinitro.database.schema import checked_connection

    with checked_connection(context.obj.database_url) as connection:
        row = keys.revoke_key(connection, number)
    typer.echo(f"Key {row.id} of {row.executor!r} is revoked.")


def _confirm(question: str, yes: bool) -> None:
    if not yes:
        typer.confirm(f"{question} (--yes answers this)", abort=True)
