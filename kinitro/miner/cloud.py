"""Basilica's deployments through its SDK: with a deadline, with retries where that is safe, and with clear errors."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar

import stamina

from kinitro.credentials import clean_credential, hide_secrets, public_url
from kinitro.errors import ConfigurationError
from kinitro.miner.deadline import call_within
from kinitro.miner.errors import ServiceError
from kinitro.outgoing_http import prepare_variables

if TYPE_CHECKING:
    from basilica import DeploymentResponse, DeploymentSummary

TOKEN_VARIABLE: Final = "BASILICA_API_TOKEN"
URL_VARIABLE: Final = "BASILICA_API_URL"
CALL_LIMIT_S: Final = 60.0
"""How long one request may take. The SDK itself would wait for minutes."""
TRIES: Final = 4
"""How often a request that may be repeated is tried: reading and deleting."""
RETRY_WAIT_S: Final = 1.0
"""The pause before the second try; it doubles for each further one."""
TRANSIENT: Final = frozenset({None, 408, 429, 500, 502, 503, 504})
"""HTTP statuses after which another try may succeed; None means that there was no answer."""

T = TypeVar("T")


class CloudError(ServiceError):
    """Basilica refused, failed or did not answer. `status` is that of HTTP, None without an answer."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def may_have_happened(self) -> bool:
        """Whether the request may have been carried out although it failed."""
        return self.status is None or self.status >= 500


def require_token() -> str:
    """Read the token from the environment; raises ConfigurationError if there is none."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigurationError(f"{TOKEN_VARIABLE} is not set: export a Basilica API token in it.")
    return clean_credential(token, TOKEN_VARIABLE)


class Cloud:
    """The deployments of the account whose token is in the environment. Everything here raises CloudError."""

    def __init__(self, report: Callable[[str], None] = lambda _: None) -> None:
        """Raises ConfigurationError without a token, or for a proxy that cannot be used.

        `report` is told of each further try.
        """
        self._report = report
        self._token = require_token()
        prepare_variables()
        from basilica import BasilicaClient

        self._client = BasilicaClient(api_key=self._token)

    def count(self) -> int:
        """How many deployments there are. Tried once: it tells whether the token works."""
        what = "The deployments could not be listed"
        return len(self._try_once(what, self._client.list_deployments).deployments)

    def find(self, name: str) -> DeploymentSummary | None:
        """The deployment that was asked for by this name; Basilica may have given it another one."""
        listed = self._repeat("The deployments could not be listed", self._client.list_deployments)
        return next((d for d in listed.deployments if name in (d.instance_name, d.friendly_name)), None)

    def create(self, name: str, image: str, request: dict[str, Any]) -> str:
        """Basilica's name of the new deployment. Tried once: a second one would cost twice."""
        what = f"{name} could not be deployed"
        created = self._try_once(what, lambda: self._client.create_deployment(name, image, **request))
        return str(created.instance_name)

    def look(self, name: str) -> DeploymentResponse:
        """Read the present state of a deployment."""
        return self._repeat(f"The deployment {name} could not be followed", lambda: self._client.get_deployment(name))

    def log(self, name: str, lines: int) -> list[str]:
        """Read the last lines of a deployment's log."""
        what = f"The log of {name} could not be read"
        text = self._try_once(what, lambda: self._client.get_deployment_logs(name, tail=lines))
        return str(text).splitlines()[-lines:]

    def delete(self, name: str) -> None:
        """Delete a deployment; a deployment that does not exist counts as deleted."""
        what = f"The deployment {name} could not be deleted; delete it yourself, it may cost money"
        try:
            self._repeat(what, lambda: self._client.delete_deployment(name))
        except CloudError as error:
            if error.status != 404:
                raise

    def _repeat(self, what: str, call: Callable[[], T]) -> T:
        attempts = stamina.retry_context(
            on=lambda error: isinstance(error, CloudError) and error.status in TRANSIENT,
            attempts=TRIES,
            timeout=None,
            wait_initial=RETRY_WAIT_S,
            wait_jitter=RETRY_WAIT_S,
        )
        for attempt in attempts:
            with attempt:
                if attempt.num > 1:
                    self._report(f"Basilica did not answer as expected; try {attempt.num} of {TRIES}")
                return self._try_once(what, call)
        raise AssertionError("unreachable")

    def _try_once(self, what: str, call: Callable[[], T]) -> T:
        """One request; the SDK's errors, which are builtin ones, become one sentence that holds no token."""
        try:
            return call_within(CALL_LIMIT_S, call)
        except (PermissionError, KeyError, ConnectionError, TimeoutError, RuntimeError, ValueError) as error:
            said = hide_secrets(
                str(error.args[0] if error.args else error), self._token, os.environ.get(TOKEN_VARIABLE)
            )
            status = _read_status(error, said)
            raise CloudError(f"{what}: {_explain(status, error, said)}.", status) from None


def _read_status(error: Exception, said: str) -> int | None:
    """Read the HTTP status from an error of the SDK; None if there was no answer."""
    match error:
        case PermissionError():
            return 401 if "uthentication" in said else 403
        case KeyError():
            return 404
        case ConnectionError() | TimeoutError():
            return None
        case ValueError():
            return 400
    if found := re.search(r"status (\d{3})", said):
        return int(found[1])
    return 409 if said.startswith("Conflict") else 429 if said.startswith("Rate limit") else 500


def _explain(status: int | None, error: Exception, said: str) -> str:
    """Say what happened, and what to do."""
    where = public_url(os.environ.get(URL_VARIABLE) or "Basilica")
    match status:
        case None if isinstance(error, TimeoutError):
            return f"{where} did not answer within {CALL_LIMIT_S:g} s; run the command again later"
        case None if "onnection closed" in said or "reset" in said:
            return f"{where} closed the connection before it answered; run the command again"
        case None if "certificate" in said:
            return (
                f"the certificate of {where} is not trusted: Basilica's SDK has a list of authorities of its own, and "
                "does not read SSL_CERT_FILE; let your proxy pass this host through unopened"
            )
        case None:
            return f"could not connect to {where}; check your network, and {URL_VARIABLE} if you set it"
        case 401:
            return f"Basilica does not know the token in {TOKEN_VARIABLE} (401); make a new one in your account"
        case 402:
            return "the account has no credit left (402); add some"
        case 403:
            return f"the token in {TOKEN_VARIABLE} may not do this (403); make one that may manage deployments"
        case 404:
            return f"Basilica does not have it (404); it was deleted meanwhile, or {URL_VARIABLE} names another service"
        case 409:
            return "the name is already in use (409); choose another with --name, or wait until its deployment is gone"
        case 429:
            return "too many requests (429); wait a minute and run the command again"
        case code if code >= 500:
            return f"Basilica failed ({code}), the fault is on its side; run the command again in a few minutes"
        case _:
            return f"Basilica does not accept the request ({status}): {' '.join(said.split())[:200].rstrip('.')}"
