"""HTTP clients for servers that an operator chose: the API and the hub. The variables of the environment count.

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
        raise ConfigurationError(
            f"A proxy cannot be used: one of {', '.join(PROXY_VARIABLES)} is not of the form http://host:port; correct "
            "it, or remove it."
        ) from None


def _check_proxies() -> None:
    """Raise ValueError or InvalidURL for a proxy that would fail only when it is used, and with another error."""
    for name in (*PROXY_VARIABLES, *(name.lower() for name in PROXY_VARIABLES)):
        if value := os.environ.get(name):
            url = httpx2.URL(value if "://" in value else f"http://{value}")
            if not url.host or not 0 < (url.port or 80) < 1 << 16:
                raise ValueError(name)
