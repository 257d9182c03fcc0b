"""The Hugging Face hub: a folder in, a full revision out, private until it is published."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from kinitro.chain.commitments import Commitment, encode
from kinitro.credentials import clean_credential, hide_secrets
from kinitro.errors import ConfigurationError
from kinitro.miner.contents import NEEDED_FILES, Contents, Digests, list_contents
from kinitro.miner.deadline import call_within
from kinitro.miner.errors import ProjectError, ServiceError
from kinitro.outgoing_http import prepare_variables
from kinitro.sandbox.uploads import HUB

if TYPE_CHECKING:
    from huggingface_hub import HfApi

TOKEN_VARIABLE: Final = "HF_TOKEN"
READ_TOKEN_VARIABLE: Final = "HF_READ_TOKEN"
"""Optional: a token that may only read, for the deployment to download with."""
OTHER_SECRETS: Final = ("BASILICA_API_TOKEN", "WANDB_API_KEY", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY")
"""Further variables whose values must not be in an upload."""
_OF_THE_HUB: Final = frozenset({".gitattributes"})
"""Files that the hub writes into every repository; they say how it stores files, and nothing else reads them."""
_NO_IGNORING: Final = "# The files were chosen already: drop none of them.\n"
"""Replaces the rules of a `.gitignore` that is in the repository."""
READ_LIMIT_S: Final = 60.0
"""A request fails if no byte comes from the hub for this long."""
CALL_LIMIT_S: Final = 120.0
"""How long one question to the hub may take altogether, retries included."""
SLOWEST_BYTES_PER_S: Final = 50_000
"""An upload that is slower than this has failed."""
_EXPLANATIONS: Final = {
    401: f"the hub does not know the token in {TOKEN_VARIABLE} (401); make a new one with write access in your account",
    403: f"the token in {TOKEN_VARIABLE} may not write there (403); use one with write access to that repository",
    404: "there is no such repository or revision, or it is private (404)",
    409: "somebody else is writing to the repository (409); run the command again",
    413: "a file is larger than the hub takes (413); split it",
    429: "too many requests (429); wait a few minutes and run the command again",
}


class NotVisible(ServiceError):
    """There is no such repository, or it is private and the token does not open it."""


def check_repo(repo: str, revision: str = "0" * 40) -> None:
    """Raise InvalidCommitment unless a commitment could name this repository and revision."""
    encode(Commitment(repo, revision, "https://policy.example"))


def list_uploaded_files(folder: Path) -> list[str]:
    """List the paths below the folder, in order, that `upload` uploads. Raises ProjectError."""
    return list(list_contents(folder).sizes)


def upload(folder: Path, repo: str, *, public: bool = False, report: Callable[[str], None] = lambda _: None) -> str:
    """Upload a policy's folder to `repo`, making it if there is none; returns the full revision.

    The revision has exactly the files of the listing that `report` is told first: what was deleted here is deleted
    there. An unchanged folder gives the revision that is there. The repository is made private, so that nobody
    can commit the revision before its owner does; one that is public already is refused unless `public` says that this
    does not matter. Nothing is sent before every file has been looked through for credentials. Raises
    InvalidCommitment, ProjectError, ConfigurationError, ServiceError.
    """
    check_repo(repo)
    listed = list_contents(folder)
    token = require_token()
    for line in listed.lines():
        report(line)
    listed.check_secrets(list_own_secrets())
    digests = listed.digests()
    api = _make_api(token)
    with _name_errors(f"{repo} could not be uploaded"):
        call_within(CALL_LIMIT_S, lambda: api.create_repo(repo, exist_ok=True, private=not public))
        there = _read_revision(api, repo)
        if not (public or there.private):
            raise ProjectError(
                f"{repo} is public already: everybody would see this upload before you have committed it, and could "
                f"commit it first. Name a new repository, for example --repo {repo}-2; or say --public if that does "
                "not matter."
            )
        revision = call_within(
            CALL_LIMIT_S + listed.total / SLOWEST_BYTES_PER_S, lambda: _commit(api, repo, listed, set(there.files))
        )
    check_revision(repo, revision, token, digests)
    return revision


def publish(repo: str, revision: str) -> int:
    """Let everybody download the repository, and make sure that they can; returns its bytes.

    Nothing is changed if it is public already. Raises InvalidCommitment, ConfigurationError, ServiceError and
    ProjectError.
    """
    check_repo(repo, revision)
    api = _make_api(require_token())
    with _name_errors(f"{repo} could not be made public"):
        if _read_revision(api, repo, revision).private:
            call_within(CALL_LIMIT_S, lambda: api.update_repo_settings(repo, private=False))
    return check_revision(repo, revision, False)


def check_public(repo: str, revision: str) -> int:
    """Check the policy as the subnet's verifiers will download it, without a token; returns its size in bytes.

    Raises InvalidCommitment, ServiceError, ProjectError.
    """
    return check_revision(repo, revision, False)


def check_revision(repo: str, revision: str, token: str | bool, expected: Mapping[str, Digests] | None = None) -> int:
    """Check that a revision is complete for this token (False: without any); returns its size in bytes.

    Raises InvalidCommitment, ServiceError, and ProjectError that names the first differences from `expected`.
    """
    check_repo(repo, revision)
    whom = "others" if token is False else "the owner of the token"
    with _name_errors(f"{repo} at {revision} cannot be downloaded by {whom}"):
        found = _read_revision(_make_api(token), repo, revision)
    missing = [name for name in NEEDED_FILES if name not in found.files]
    if missing:
        raise ProjectError(f"{repo} at {revision} has no {', '.join(missing)}; upload a complete folder.")
    if expected is not None and (differences := list(_find_differences(expected, found.files))):
        raise ProjectError(
            f"{repo} at {revision} is not what was listed: {'; '.join(differences[:5])}"
            f"{f' and {len(differences) - 5} more' if len(differences) > 5 else ''}. Commit nothing; upload again."
        )
    return sum(file.size or 0 for file in found.files.values())


def choose_deployment_token(repo: str, revision: str) -> str | None:
    """Choose the token that a deployment needs to download the revision; None if everybody can.

    Raises InvalidCommitment, ServiceError, ProjectError, and ConfigurationError if a token is needed and there is
    none. The token that writes is never the answer: a deployment runs on somebody else's machine.
    """
    try:
        check_revision(repo, revision, False)
    except NotVisible:
        token = require_read_token()
    else:
        return None
    check_revision(repo, revision, token)
    return token


def require_read_token() -> str:
    """Read the token for the deployment from the environment; raises ConfigurationError."""
    given = os.environ.get(READ_TOKEN_VARIABLE, "").strip()
    if not given:
        raise ConfigurationError(
            f"{READ_TOKEN_VARIABLE} is not set: the repository is private until it is committed, and the deployment "
            "downloads from it. Export a Hugging Face token in it that may only read this repository."
        )
    token = clean_credential(given, READ_TOKEN_VARIABLE)
    written = os.environ.get(TOKEN_VARIABLE, "").strip()
    if written and token == clean_credential(written, TOKEN_VARIABLE):
        raise ConfigurationError(
            f"{READ_TOKEN_VARIABLE} and {TOKEN_VARIABLE} are the same token: the deployment runs on somebody else's "
            "machine, so give it one that may only read this repository."
        )
    return token


class TokenRights(NamedTuple):
    """Whose a token is, and what it may do: `read`, `write` or `fineGrained`."""

    owner: str
    role: str


def describe_token(token: str, variable: str) -> TokenRights:
    """Ask the hub about the token that `variable` holds; raises ServiceError."""
    try:
        with _name_errors(f"The token in {variable} cannot be used"):
            found = call_within(CALL_LIMIT_S, _make_api(token).whoami)
    except ServiceError as error:
        raise ServiceError(str(error).replace(f"the token in {TOKEN_VARIABLE}", "the token")) from None
    access = (found.get("auth") or {}).get("accessToken") or {}
    return TokenRights(str(found.get("name", "nobody")), str(access.get("role", "unknown")))


def list_own_secrets() -> dict[str, str]:
    """List the values of environment variables that must not be in an upload, by a description of each."""
    names = (TOKEN_VARIABLE, READ_TOKEN_VARIABLE, *OTHER_SECRETS)
    values = {f"the value of {name}": os.environ.get(name, "").strip() for name in names}
    return {what: value for what, value in values.items() if len(value) >= 8}  # shorter ones are in everything


class _Revision(NamedTuple):
    private: bool
    files: dict[str, Any]
    """The files by name, without the hub's own; each has `size`, `blob_id` and `lfs`."""


def _read_revision(api: HfApi, repo: str, revision: str | None = None) -> _Revision:
    """Read what the repository has; nothing if it has no revision yet and none was asked for."""
    from huggingface_hub.errors import RevisionNotFoundError

    try:
        info = call_within(CALL_LIMIT_S, lambda: api.model_info(repo, revision=revision, files_metadata=True))
    except RevisionNotFoundError:
        if revision is not None:
            raise
        info = call_within(CALL_LIMIT_S, lambda: api.model_info(repo))
    files = {file.rfilename: file for file in info.siblings or [] if file.rfilename not in _OF_THE_HUB}
    return _Revision(bool(info.private), files)


def _commit(api: HfApi, repo: str, listed: Contents, present: set[str]) -> str:
    """Make one commit that adds what is listed and deletes everything else; returns its full hash."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    additions = [CommitOperationAdd(path, str(listed.folder / path)) for path in listed.sizes]
    api.preupload_lfs_files(repo, additions, gitignore_content=_NO_IGNORING)
    deletions = [CommitOperationDelete(path, is_folder=False) for path in sorted(present - listed.sizes.keys())]
    commit = api.create_commit(repo, [*additions, *deletions], commit_message="Policy for Kinitro")
    return str(commit.oid)


def _find_differences(expected: Mapping[str, Digests], found: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(expected.keys() - found.keys()):
        yield f"{name!r} is missing there"
    for name in sorted(found.keys() - expected.keys()):
        yield f"{name!r} is there and was not listed"
    for name in sorted(found.keys() & expected.keys()):
        file, digests = found[name], expected[name]
        if file.lfs is not None:
            same = (file.lfs.size, file.lfs.sha256) == (digests.size, digests.sha256)
        else:
            same = file.size == digests.size and file.blob_id in (None, digests.blob)
        if not same:
            yield f"{name!r} has other content there"


def require_token() -> str:
    """Read the token from the environment; raises ConfigurationError if there is none."""
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if not token:
        raise ConfigurationError(f"{TOKEN_VARIABLE} is not set: export a Hugging Face token with write access in it.")
    return clean_credential(token, TOKEN_VARIABLE)


def _make_api(token: str | bool) -> HfApi:
    prepare_variables()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if not os.environ.get("HF_ENDPOINT", "").strip():
        os.environ.pop("HF_ENDPOINT", None)  # the SDK takes an empty variable for an address
    from huggingface_hub import HfApi, set_client_factory

    set_client_factory(_make_client)
    return HfApi(endpoint=os.environ.get("HF_ENDPOINT", HUB), token=token, library_name="kinitro")


def _make_client() -> Any:
    """Make the SDK's HTTP client with a time limit; its own would wait for ever."""
    from huggingface_hub.utils._http import default_client_factory

    client = default_client_factory()
    client.timeout = READ_LIMIT_S
    return client


def _import_http_library() -> Any:
    """Import the HTTP library whose errors the SDK passes on: httpx2 since its version 2, httpx before."""
    from huggingface_hub.utils import _http

    return import_module("httpx2" if hasattr(_http, "httpx2") else "httpx")


@contextlib.contextmanager
def _name_errors(what: str) -> Iterator[None]:
    """Turn the SDK's errors into one sentence that holds no token."""
    from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

    http = _import_http_library()
    try:
        yield
    except (http.HTTPError, OSError, ValueError, RuntimeError) as error:
        causes = list(_list_causes(error))
        refusal = next((cause for cause in causes if isinstance(cause, HfHubHTTPError)), None)
        if refusal is not None:
            invisible = isinstance(refusal, RepositoryNotFoundError)  # also if the hub answers 401 to strangers
            why = _explain(404 if invisible else refusal.response.status_code)
        elif any(isinstance(cause, (TimeoutError, http.TimeoutException)) for cause in causes):
            why = "the hub did not answer in time; run the command again later"
        elif any(isinstance(cause, http.ConnectError) for cause in causes):
            why = "could not connect to the Hugging Face hub; check your network, and HF_ENDPOINT if you set it"
        elif any(isinstance(cause, (http.HTTPError, ConnectionError)) for cause in causes):
            why = "the connection to the hub broke; run the command again, what arrived is not sent twice"
        elif isinstance(error, OSError) and error.filename:
            why = f"{error.filename}: {error.strerror}"
        else:  # malformed answers, and everything of the large-file store
            tokens = map(os.environ.get, (TOKEN_VARIABLE, READ_TOKEN_VARIABLE))
            said = " ".join(hide_secrets(str(error), *tokens).split())
            why = f"{said[:200].rstrip('.')}; run the command again, what arrived is not sent twice"
        kind = NotVisible if isinstance(refusal, RepositoryNotFoundError) else ServiceError
        raise kind(f"{what}: {why}.") from None


def _explain(status: int) -> str:
    if status >= 500:
        return f"the hub failed ({status}), the fault is on its side; run the command again in a few minutes"
    return _EXPLANATIONS.get(status, f"the hub does not accept it ({status})")


def _list_causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
