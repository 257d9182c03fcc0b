"""The part of the Hugging Face hub's REST interface that uploading and looking up a model use."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.standin.rest import Answer, Call, RestStandin

REPO = r"([^/]+/[^/]+)"
XET_TOKEN = "xet-token"
CODES = {401: "", 403: "", 404: "RepoNotFound", 409: "", 429: "", 500: ""}


class Hub(RestStandin):
    """Repositories as (repo, revision) -> path -> content. `token` may write; `read_token` may read private ones."""

    def __init__(self, token: str, read_token: str = "") -> None:
        super().__init__()
        self.token = token
        self.read_token = read_token
        self.commits: dict[tuple[str, str], dict[str, bytes]] = {}
        self.heads: dict[str, str | None] = {}
        self.private: set[str] = set()
        """Repositories that only the token shows."""
        self.has_own_files = False
        """Whether a new repository has a revision with `.gitattributes`, as on the real hub."""
        self.large_suffixes: tuple[str, ...] = ()
        """Of files that the hub wants in a large-file store: Git LFS, or Xet."""
        self.large_files: dict[str, bytes] = {}
        """Content by SHA-256, as Git LFS has it."""
        self.xorbs: dict[str, bytes] = {}
        """Blocks of packed content by hash, as Xet has it."""
        self.xet_files: dict[str, tuple[str, int]] = {}
        """Digest and size, as committed, of contents that Xet has, by what stands for them in `commits`."""
        self.shards = 0
        """How many times Xet was told which blocks make which files."""

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
        if match := re.fullmatch("/lfs/([0-9a-f]{64})", path):  # the signature in its URL is what authorizes
            self.large_files[match[1]] = call.body
            return Answer(200)
        if call.headers.get("authorization") == f"Bearer {XET_TOKEN}":
            return self._xet(path, call)
        if call.method == "POST" and call.headers.get("authorization") != f"Bearer {self.token}":
            return self.failure(401)
        if path == "/api/repos/create":
            repo = "/".join(filter(None, (call.json.get("organization"), call.json["name"])))
            if repo not in self.heads:
                self.heads[repo] = None
                if call.json.get("private") or call.json.get("visibility") == "private":
                    self.private.add(repo)
                if self.has_own_files:
                    self.publish(repo, {".gitattributes": b"*.bin filter=lfs"})
            return Answer(200, {"url": f"{self.url}/{repo}", "id": repo, "name": repo})
        if path == "/api/validate-yaml":
            return Answer(200, {"errors": [], "warnings": []})
        if match := re.fullmatch(rf"/api/models/{REPO}/preupload/.+", path):
            return self._preupload(match[1], call)
        if match := re.fullmatch(rf"/{REPO}\.git/info/lfs/objects/batch", path):
            if "xet" in call.json.get("transfers", ()):  # of SDKs before 2, which ask here whether Xet takes the files
                return Answer(200, {"transfer": "xet", "objects": call.json["objects"]})
            return Answer(200, {"transfer": "basic", "objects": [self._lfs(file) for file in call.json["objects"]]})
        if match := re.fullmatch(rf"/api/models/{REPO}/xet-write-token/.+", path):
            return self._xet_token(call)
        if match := re.fullmatch(rf"/api/models/{REPO}/commit/.+", path):
            return self._commit(match[1], call)
        if match := re.fullmatch(rf"/api/models/{REPO}/settings", path):
            return self._settings(match[1], call)
        readers = [f"Bearer {token}" for token in (self.token, self.read_token) if token]
        hidden = call.headers.get("authorization") not in readers
        if path == "/api/whoami-v2":
            role = "write" if call.headers.get("authorization") == f"Bearer {self.token}" else "read"
            facts = {"type": "user", "name": "someone", "auth": {"type": "access_token", "accessToken": {"role": role}}}
            return self.failure(401) if hidden else Answer(200, facts)
        if hidden and (match := re.match(rf"(?:/api/models)?/{REPO}(?:/|$)", path)) and match[1] in self.private:
            return Answer(401, {"error": "Invalid username or password."}, {"X-Error-Code": "RepoNotFound"})
        if match := re.fullmatch(rf"/api/models/{REPO}/tree/([^/]+)", path):
            return self._tree(match[1], match[2])
        if match := re.fullmatch(rf"/api/models/{REPO}(?:/revision/([^/]+))?", path):
            return self._info(match[1], match[2])
        if match := re.fullmatch(rf"/{REPO}/resolve/([^/]+)/(.+)", path):
            return self._content(match[1], match[2], match[3])
        if match := re.fullmatch(r"/large/([0-9a-f]{64})", path):
            return self._large(match[1])
        return self.failure(404)

    def _settings(self, repo: str, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return self.failure(401)
        if repo not in self.heads:
            return self.failure(404)
        if call.json.get("private", call.json.get("visibility") == "private"):
            self.private.add(repo)
        else:
            self.private.discard(repo)
        return Answer(200, {"private": repo in self.private})

    def _preupload(self, repo: str, call: Call) -> Answer:
        there = self.commits.get((repo, self.heads[repo] or ""), {})
        rules = (call.json.get("gitIgnore") or there.get(".gitignore", b"").decode()).split()
        files = [
            {
                "path": file["path"],
                "uploadMode": "lfs" if file["path"].endswith(self.large_suffixes) else "regular",
                "shouldIgnore": any(fnmatch(file["path"], rule) for rule in rules),
                "oid": None,
            }
            for file in call.json["files"]
        ]
        return Answer(200, {"files": files, "commitOid": self.heads[repo]})

    def _lfs(self, file: dict[str, Any]) -> dict[str, Any]:
        if file["oid"] in self.large_files:
            return file
        return file | {"actions": {"upload": {"href": f"{self.url}/lfs/{file['oid']}"}}}

    def _xet_token(self, call: Call) -> Answer:
        if call.headers.get("authorization") != f"Bearer {self.token}":
            return self.failure(401)
        facts = {"casUrl": self.url, "accessToken": XET_TOKEN, "exp": int(time.time()) + 3600}
        headers = {"X-Xet-Cas-Url": self.url, "X-Xet-Access-Token": XET_TOKEN, "X-Xet-Token-Expiration": "9999999999"}
        return Answer(200, facts, headers)

    def _xet(self, path: str, call: Call) -> Answer:
        if match := re.fullmatch("/v1/xorbs/default/([0-9a-f]{64})", path):
            new = match[1] not in self.xorbs
            self.xorbs[match[1]] = call.body
            return Answer(200, {"was_inserted": new})
        if path == "/v1/shards":
            self.shards += 1
            return Answer(200, {"result": 1})
        return self.failure(404)

    def _commit(self, repo: str, call: Call) -> Answer:
        tree = dict(self.commits.get((repo, self.heads[repo] or ""), {}))
        for line in map(json.loads, call.body.splitlines()):
            value = line["value"]
            if line["key"] == "file":
                tree[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                content = self.large_files.get(value["oid"], f"xet {value['oid']}".encode())
                if content.startswith(b"xet "):
                    self.xet_files[content.decode()] = value["oid"], value["size"]
                tree[value["path"]] = content
            elif line["key"] == "deletedFile":
                tree.pop(value["path"])
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
        if revision is None and found is None:
            facts = {"_id": "1", "id": repo, "modelId": repo, "private": repo in self.private, "siblings": []}
            return Answer(200, facts)
        if (repo, found) not in self.commits:
            return Answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        files = self.commits[repo, str(found)]
        private = repo in self.private
        siblings = [self._sibling(name, content) for name, content in files.items()]
        return Answer(
            200, {"_id": "1", "id": repo, "modelId": repo, "sha": found, "private": private, "siblings": siblings}
        )

    def _tree(self, repo: str, revision: str) -> Answer:
        if (repo, revision) not in self.commits:
            return Answer(404, {"error": "Invalid rev id"}, {"X-Error-Code": "RevisionNotFound"})
        siblings = [self._sibling(name, content) for name, content in self.commits[repo, revision].items()]
        entries = [{"type": "file", "path": s["rfilename"], "size": s["size"], "oid": s["blobId"]} for s in siblings]
        return Answer(200, entries)

    def _sibling(self, name: str, content: bytes) -> dict[str, Any]:
        facts: dict[str, Any] = {"rfilename": name, "size": len(content)}
        if name.endswith(self.large_suffixes or ("no suffix",)):
            digest, size = hashlib.sha256(content).hexdigest(), len(content)
            if content.startswith(b"xet "):
                digest, size = self.xet_files[content.decode()]
            facts |= {"size": size, "lfs": {"sha256": digest, "size": size, "pointerSize": 134}}
        return facts | {"blobId": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()}

    def _content(self, repo: str, revision: str, name: str) -> Answer:
        content = self.commits.get((repo, revision), {}).get(name)
        if content is None:
            return Answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        if "lfs" in self._sibling(name, content):
            return Answer(302, b"", {"location": f"/large/{hashlib.sha256(content).hexdigest()}"})
        facts = {"etag": f'"{hashlib.sha1(content).hexdigest()}"', "x-repo-commit": revision}
        return Answer(200, content, {"content-type": "application/octet-stream", **facts})

    def _large(self, sha256: str) -> Answer:
        contents = (content for files in self.commits.values() for content in files.values())
        found = next((c for c in contents if hashlib.sha256(c).hexdigest() == sha256), None)
        return self.failure(404) if found is None else Answer(200, found)
