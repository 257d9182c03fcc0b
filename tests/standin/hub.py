"""The part of the Hugging Face hub's REST interface that uploading and looking up a model use."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.standin.rest import Answer, Call, RestStandin

REPO = r"([^/]+/[^/]+)"
CODES = {401: "", 403: "", 404: "RepoNotFound", 409: "", 429: "", 500: ""}


class Hub(RestStandin):
    """Repositories as (repo, revision) -> path -> content. `token` is the one that may write."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.commits: dict[tuple[str, str], dict[str, bytes]] = {}
        self.heads: dict[str, str | None] = {}
        self.large_suffixes: tuple[str, ...] = ()
        """Of files that the hub keeps in its large-file store: they are served from there, and cannot be uploaded."""

    def publish(self, repo: str, files: Mapping[str, bytes]) -> str:
        """Put these files into `repo` without an upload; returns the revision."""
        revision = hashlib.sha1(repr((repo, sorted(files.items()))).encode()).hexdigest()
        self.commits[repo, revision] = dict(files)
        self.heads[repo] = revision
        return revision

    def failure(self, status: int) -> Answer:
        code = CODES.get(status, "")
        return Answer(status, {"error": "it went wrong"}, {"X-Error-Code": code} if code else {})

    def answer(self, call: Call) -> Answer:
        path = unquote(urlsplit(call.path).path)
        if call.method == "POST" and call.headers.get("authorization") != f"Bearer {self.token}":
            return self.failure(401)
        if path == "/api/repos/create":
            repo = "/".join(filter(None, (call.json.get("organization"), call.json["name"])))
            self.heads.setdefault(repo, None)
            return Answer(200, {"url": f"{self.url}/{repo}", "id": repo, "name": repo})
        if path == "/api/validate-yaml":
            return Answer(200, {"errors": [], "warnings": []})
        if match := re.fullmatch(rf"/api/models/{REPO}/preupload/.+", path):
            return self._preupload(match[1], call)
        if match := re.fullmatch(rf"/api/models/{REPO}/commit/.+", path):
            return self._commit(match[1], call)
        if match := re.fullmatch(rf"/api/models/{REPO}(?:/revision/([^/]+))?", path):
            return self._info(match[1], match[2])
        if match := re.fullmatch(rf"/{REPO}/resolve/([^/]+)/(.+)", path):
            return self._content(match[1], match[2], match[3])
        if match := re.fullmatch(r"/large/([0-9a-f]{64})", path):
            return self._large(match[1])
        return self.failure(404)

    def _preupload(self, repo: str, call: Call) -> Answer:
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(self.large_suffixes) else "regular",
                "shouldIgnore": False,
                "oid": None,
            }
            for file in call.json["files"]
        ]
        return Answer(200, {"files": files, "commitOid": self.heads[repo]})

    def _commit(self, repo: str, call: Call) -> Answer:
        tree = dict(self.commits.get((repo, self.heads[repo] or ""), {}))
        for line in map(json.loads, call.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                tree[value["path"]] = base64.b64decode(value["content"])
        revision = hashlib.sha1(call.body).hexdigest()
        self.commits[repo, revision] = tree
        self.heads[repo] = revision
        return Answer(
            200,
            {
                "success": True,
                "commitOid": revision,
                "commitUrl": f"{self.url}/{repo}/commit/{revision}",
                "hookOutput": "",
            },
        )

    def _info(self, repo: str, revision: str | None) -> Answer:
        if repo not in self.heads:
            return Answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        found = self.heads[repo] if revision in (None, "main") else revision
        if (repo, found) not in self.commits:
            return Answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        files = self.commits[repo, str(found)]
        siblings = [self._sibling(name, content) for name, content in files.items()]
        return Answer(
            200, {"_id": "1", "id": repo, "modelId": repo, "sha": found, "private": False, "siblings": siblings}
        )

    def _sibling(self, name: str, content: bytes) -> dict[str, Any]:
        facts: dict[str, Any] = {"rfilename": name, "size": len(content)}
        if name.endswith(self.large_suffixes or ("no suffix",)):
            facts["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
        return facts | {"blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}

    def _content(self, repo: str, revision: str, name: str) -> Answer:
        content = self.commits.get((repo, revision), {}).get(name)
        if content is None:
            return Answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        if "lfs" in self._sibling(name, content):
            return Answer(302, b"", {"location": f"/large/{hashlib.sha256(content).hexdigest()}"})
        return Answer(200, content, {"content-type": "application/octet-stream"})

    def _large(self, sha256: str) -> Answer:
        contents = (content for files in self.commits.values() for content in files.values())
        found = next((c for c in contents if hashlib.sha256(c).hexdigest() == sha256), None)
        return self.failure(404) if found is None else Answer(200, found)
