"""Commands of sealed packs: make one, show what is in one, and verify one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kinitro.environments.packs.format import Pack, PackMesh

PackFile = Annotated[Path, typer.Argument(help="The file of the pack.")]


def register(app: typer.Typer) -> None:
    """Add these commands."""
    group = typer.Typer(
        help="Make sealed packs, which no miner sees before their cycle ends, and look at them.",
        no_args_is_help=True,
    )
    group.command(name="make")(make)
    group.command(name="show")(show)
    group.command(name="verify")(verify)
    app.add_typer(group, name="pack")


def make(
    out: Annotated[Path, typer.Argument(help="Write the pack to this file; keep it secret until its cycle is over.")],
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Take also what is in this folder: PNG files in textures, OBJ files in distractors and shapes, and in "
            "wordings text files named after tasks, such as push.txt."
        ),
    ] = None,
    textures: Annotated[int, typer.Option(min=0, max=64, help="Draw this many textures.")] = 32,
    distractors: Annotated[int, typer.Option(min=0, max=32, help="Draw this many meshes of distractors.")] = 16,
    shapes: Annotated[int, typer.Option(min=0, max=32, help="Draw this many shapes of objects.")] = 12,
    wordings: Annotated[int, typer.Option(min=0, max=32, help="Draw this many wordings per task.")] = 8,
) -> None:
    """Make a pack from a new secret seed, which is not kept, and from a folder of your own."""
    import secrets

    from kinitro.environments import all_specs
    from kinitro.environments.packs.format import digest_pack, encode_pack
    from kinitro.environments.packs.making import SEED_BYTES, PackSizes, make_pack
    from kinitro.environments.packs.sources import read_folder
    from kinitro.errors import ConfigurationError
    from kinitro.files import create_file

    own = read_folder(folder) if folder is not None else None
    instructions = {spec.task_name: spec.instruction for spec in all_specs() if spec.family == "metaworld"}
    sizes = PackSizes(textures, distractors, shapes, wordings)
    pack = make_pack(secrets.token_bytes(SEED_BYTES), instructions, sizes=sizes, own=own)
    data = encode_pack(pack)
    try:
        create_file(out, data, mode=0o600)
    except FileExistsError:
        raise ConfigurationError(f"The file {str(out)!r} is there already: name a new one.") from None
    except OSError as error:
        raise ConfigurationError(f"The pack cannot be written to {str(out)!r}: {error.strerror}.") from None
    typer.echo(f"{out}: {_describe(pack, len(data))}; digest {digest_pack(data)}")


def show(
    path: PackFile,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, with every wording.")] = False,
) -> None:
    """Show what is in a pack, after checking it."""
    from kinitro.environments.packs.directory import read_pack_file
    from kinitro.environments.packs.format import decode_pack, digest_pack

    data = read_pack_file(path)
    pack, digest = decode_pack(data), digest_pack(data)
    if as_json:
        found = {
            "digest": digest,
            "bytes": len(data),
            "textures": len(pack.textures),
            "distractors": [_count_mesh(mesh) for mesh in pack.distractors],
            "shapes": [_count_mesh(mesh) for mesh in pack.shapes],
            "wordings": pack.wordings,
        }
        typer.echo(json.dumps(found, indent=2))
        return
    typer.echo(f"digest    {digest}")
    typer.echo(f"content   {_describe(pack, len(data))}")
    for task, wordings in pack.wordings.items():
        typer.echo(f"{task}: {' | '.join(wordings)}")


def verify(
    path: PackFile,
    digest: Annotated[
        str | None, typer.Option(help="The digest that the pack must have, as the manifest of its cycle says.")
    ] = None,
) -> None:
    """Verify that a file is a pack, and the one with this digest."""
    from kinitro.environments.packs.directory import read_pack_file
    from kinitro.environments.packs.format import check_pack, digest_pack, is_digest
    from kinitro.errors import ConfigurationError

    if digest is not None and not is_digest(digest):
        raise ConfigurationError(f"--digest cannot be {digest[:80]!r}: give 64 hexadecimal digits in lower case.")
    data = read_pack_file(path)
    found = digest_pack(data)
    check_pack(data, digest or found)
    typer.echo(f"{path} is a pack; its digest is {found}")


def _describe(pack: Pack, size: int) -> str:
    return (
        f"{len(pack.textures)} textures, {len(pack.distractors)} distractors, {len(pack.shapes)} shapes, "
        f"{sum(map(len, pack.wordings.values()))} wordings of {len(pack.wordings)} tasks, {size} bytes"
    )


def _count_mesh(mesh: PackMesh) -> dict[str, int]:
    return {"vertices": len(mesh.read_vertices()), "faces": len(mesh.read_faces())}
