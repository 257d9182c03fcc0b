"""Decides whether a miner's endpoint is sealed: always, where the operator's key is known."""

from __future__ import annotations

from typing import Annotated

import typer

ApiUrl = Annotated[
    str | None,
    typer.Option(
        help="Read the operator's public key from the subnet's API at this address.", envvar="KINITRO_API_URL"
    ),
]
BackendKeyOption = Annotated[
    str | None,
    typer.Option(
        "--backend-key",
        help="Seal the endpoint to this public key of the operator.",
        envvar="KINITRO_BACKEND_PUBLIC_KEY",
    ),
]
PlainEndpoint = Annotated[
    bool, typer.Option("--plain-endpoint", help="Commit the endpoint in the clear, for everybody to read and copy.")
]


def operator_key(backend_key: str | None, api_url: str | None, plain: bool, encrypt: bool = False) -> bytes | None:
    """The operator's public key as far as the command line or the API tells it; None if neither does.

    Raises ConfigurationError, and ApiUnavailable rather than committing in the clear what should have been sealed.
    """
    from kinitro.chain.sealing import parse_public_key
    from kinitro.errors import ConfigurationError

    if plain and (encrypt or backend_key):
        raise ConfigurationError("--plain-endpoint contradicts --encrypt and --backend-key: choose one.")
    if plain:
        return None
    published = _published_key(api_url) if not backend_key and api_url else None
    found = backend_key or published
    return parse_public_key(found.strip()) if found else None


def _published_key(api_url: str) -> str | None:
    """Ask the API for the operator's key; None if the operator takes no sealed endpoints."""
    import asyncio

    from kinitro.client.errors import ApiNotFound
    from kinitro.client.http import ApiClient
    from kinitro.client.messages import OperatorKey
    from kinitro.logs import configure_logs

    async def ask() -> str | None:
        async with ApiClient(api_url, tries=3) as api:
            try:
                return (await api.get("/v1/operator-key", OperatorKey)).backend_public_key
            except ApiNotFound:
                return None

    configure_logs("error", "console")
    return asyncio.run(ask())
