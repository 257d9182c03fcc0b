"""Keys, tokens and passwords as people give them: checked when they are loaded, and never quoted."""

from __future__ import annotations

import re

from kinitro.errors import ConfigurationError

_HOSTS = re.compile(r"(?:\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]*)(?::[0-9]{1,5})?")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")


def clean_credential(text: str, name: str) -> str:
    """Check a key or token, and strip the white space and byte order mark that files, editors and copying add to it.

    Args:
        text: the key or token as it was given.
        name: where it was given, for the message, such as `--api-key (or KINITRO_EXECUTOR_API_KEY)`.

    Raises:
        ConfigurationError: the key cannot be sent; the message does not show it.
    """
    if problem := find_credential_problem(text):
        raise ConfigurationError(f"{name} cannot be used: {problem}.")
    return _strip(text)


def find_credential_problem(text: str) -> str | None:
    """Say what is wrong with a key or token, without showing it; None if it can be sent."""
    stripped = _strip(text)
    if not stripped:
        return "it is empty"
    wrong = next((place for place, character in enumerate(stripped, 1) if not "!" <= character <= "~"), None)
    if wrong is None:
        return None
    return (
        f"character {wrong} of {len(stripped)} is a space, a line break or not ASCII, which no key has; "
        "copy it again, alone and on one line"
    )


def _strip(text: str) -> str:
    return text.strip().strip("\ufeff").strip()


def hide_secrets(message: str, *secrets: str | None) -> str:
    """Replace every secret in `message`, stripped or not, by asterisks."""
    for secret in secrets:
        for form in (secret, _strip(secret or "")):
            if form:
                message = message.replace(form, "***")
    return message


def public_url(url: str) -> str:
    """Reduce a URL to what logs and messages may show: scheme, hosts and ports.

    Users, passwords, paths and queries may be secrets. A password that should have been percent-encoded may hold any
    character, so that nothing before the last `@` is shown, however the URL is read by others. What is not a URL, such
    as a network's name, stays as it is up to that rule.
    """
    scheme, separator, rest = url.partition("://")
    _, at, after = (rest if separator else url).rpartition("@")
    if not separator:
        return f"...@{after}" if at else url
    if not _SCHEME.fullmatch(scheme):
        scheme = "?"
    hosts = re.split(r"[/?#]", after, maxsplit=1)[0].split(",")
    if not all(_HOSTS.fullmatch(host) for host in hosts):
        return f"{scheme}://?"
    return f"{scheme}://{','.join(hosts)}"
