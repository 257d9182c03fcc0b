"""Clients for servers that an operator chose (the API, the hub, the chain's node): variables of the environment count.

`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` name proxies, `SSL_CERT_FILE` and `SSL_CERT_DIR` the
certificates that are trusted. Servers on this machine are asked directly. Miners' servers are another matter (see
`kinitro.policies.transport`): a proxy would resolve their names for us, and nothing could be checked.
"""

from __future__ import annotations

import os
from typing import Any

import httpx2

from kinitro.errors import ConfigurationError

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
BAD_PROXY = (
    f"A proxy cannot be used: one of {', '.join(PROXY_VARIABLES)} is not of the form http://host:port or "
    "http://user:password@host:port; correct it, or remove it."
)


def open_client(**options: Any) -> httpx2.AsyncClient:
    """Make a client with these options of `httpx2.AsyncClient`.

    Raises ConfigurationError if a variable names a proxy or certificates that cannot be used; no value of a proxy is
    in the message, because it may have a password.
    """
    try:
        _check_proxies()
        return httpx2.AsyncClient(mounts={f"all://{host}": None for host in THIS_MACHINE}, **options)
    except OSError as error:
        named = " or ".join(f"{name}={os.environ[name]}" for name in CERTIFICATE_VARIABLES if os.environ.get(name))
        raise ConfigurationError(
            f"The trusted certificates cannot be read ({named or 'of the system'}: {error.strerror or error}): name a "
            "file of certificates in PEM form in SSL_CERT_FILE, or remove the variable."
        ) from None
    except (ValueError, ImportError, httpx2.InvalidURL):
        raise ConfigurationError(BAD_PROXY) from None


def prepare_variables() -> None:
    """Make the variables mean for other libraries what they mean for `open_client`: call it before one connects.

    Libraries of the chain, of Basilica and of containers read them themselves. Not all know ALL_PROXY, and they would
    ask this machine through the proxy. So HTTPS_PROXY gets the value of ALL_PROXY, and NO_PROXY names this machine,
    too. Child processes inherit both. Raises ConfigurationError like `open_client`.
    """
    if not any(map(_read_variable, PROXY_VARIABLES)):
        return
    try:
        _check_proxies()
    except (ValueError, httpx2.InvalidURL):
        raise ConfigurationError(BAD_PROXY) from None
    if not _read_variable("HTTPS_PROXY") and (for_all := _read_variable("ALL_PROXY")):
        os.environ["HTTPS_PROXY"] = for_all
    names = [name.strip() for name in _read_variable("NO_PROXY").split(",") if name.strip()]
    if "*" not in names:
        direct = ",".join(dict.fromkeys([*names, *THIS_MACHINE, "::1"]))
        os.environ.update({"NO_PROXY": direct, "no_proxy": direct})


def _read_variable(name: str) -> str:
    """Read a variable; the one in lower case wins, as everywhere."""
    return os.environ.get(name.lower()) or os.environ.get(name) or ""


def _check_proxies() -> None:
    """Raise ValueError or InvalidURL for a proxy that would fail only when it is used, and with another error."""
    for name in (*PROXY_VARIABLES, *(name.lower() for name in PROXY_VARIABLES)):
        if value := os.environ.get(name):
            url = httpx2.URL(value if "://" in value else f"http://{value}")
            usable = url.scheme in ("http", "https") and url.host and 0 < (url.port or 80) < 1 << 16
            if (
                not usable
                or url.path not in ("", "/")
                or url.query
                or url.fragment
                or (url.username and not url.password)
            ):
                raise ValueError(name)
