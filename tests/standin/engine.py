"""The part of the Docker engine's REST interface that a sandbox uses. Its containers are processes in bubblewrap."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from kinitro.sandbox.confinement import Descriptors, SandboxUser, build_command
from kinitro.sandbox.interface import Limits, Runtime
from kinitro.sandbox.processes import measure_usage
from kinitro.sandbox.seccomp import build_filter
from kinitro.sandbox.startup import make_memory_file
from tests.standin.rest import Answer, Call, RestStandin

IMAGE_ID = "sha256:" + "5" * 64


@dataclass
class Container:
    """What was asked for, and the process that came of it."""

    options: dict[str, Any]
    process: subprocess.Popen[bytes] | None = None
    output: bytearray = field(default_factory=bytearray)
    grown: threading.Condition = field(default_factory=threading.Condition)
    events: list[str] = field(default_factory=list)
    """What is reported of it: `oom`, `kill`."""
    is_over: bool = False


class Engine(RestStandin):
    """Set `filters` to False for an engine that ignores the system call filter."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__()
        self.runtime = runtime
        self.containers: dict[str, Container] = {}
        self.removed: list[Container] = []
        self.filters = True

    def answer(self, call: Call) -> Answer:
        path = re.sub(r"^/v1\.\d+", "", unquote(urlsplit(call.path).path))
        if path == "/version":
            return Answer(200, {"ApiVersion": "1.47", "MinAPIVersion": "1.24"})
        if path == "/images/policy-runtime/json":
            return Answer(200, {"Id": IMAGE_ID, "Config": {"Env": ["PATH=/usr/bin", "PYTHON_VERSION=3.11"]}})
        if path == "/containers/create":
            name = secrets.token_hex(32)
            self.containers[name] = Container(call.json)
            return Answer(201, {"Id": name, "Warnings": []})
        if path == "/containers/json":
            return Answer(200, [{"Id": name} for name in self.containers])
        if path == "/events":
            (name,) = json.loads(parse_qs(urlsplit(call.path).query)["filters"][0])["container"]
            events = self.containers[name].events if name in self.containers else []
            return Answer(200, "".join(json.dumps({"Action": action}) + "\r\n" for action in events).encode())
        match = re.fullmatch(r"/containers/([0-9a-f]{64})(?:/(\w+))?", path)
        if match and (container := self.containers.get(match[1])):
            return self._about(match[1], container, match[2] or call.method)
        return Answer(404, {"message": f"No such {'image' if 'images' in path else 'container'}: {path}"})

    def failure(self, status: int) -> Answer:
        return Answer(status, {"message": "it went wrong"})

    def _about(self, name: str, container: Container, what: str) -> Answer:
        process = container.process
        if what == "json":
            state = {"OOMKilled": False, "Running": process is not None}
            config = {"Tty": False, "Labels": container.options["Labels"]}
            return Answer(
                200, {"Id": name, "State": state, "Config": config, "HostConfig": {"LogConfig": {"Type": "json-file"}}}
            )
        if what == "start":
            container.process = self._run(container)
            return Answer(204, b"")
        if what == "DELETE":
            self._kill(container)
            self.removed.append(self.containers.pop(name))
            return Answer(204, b"")
        if process is None:
            return Answer(409, {"message": "It is not running."})
        if what == "wait":
            code = process.wait()
            return Answer(200, {"StatusCode": code if code >= 0 else 128 - code})
        if what == "stats":
            usage = measure_usage(process.pid)
            cpu = {"cpu_usage": {"total_usage": int(usage.cpu_s * 1e9)}}
            return Answer(200, {"pids_stats": {"current": usage.pids}, "cpu_stats": cpu})
        if what == "kill":
            container.events.append("kill")
            self._kill(container)
            return Answer(204, b"")
        if what == "logs":
            with container.grown:
                container.grown.wait_for(lambda: container.is_over or len(container.output) > 2**21, 30)
            head = b"\x01\0\0\0" + len(container.output).to_bytes(4, "big")
            return Answer(200, head + bytes(container.output), {"content-type": "application/octet-stream"})
        return Answer(404, {"message": what})

    def _run(self, container: Container) -> subprocess.Popen[bytes]:
        mounts = [(Path(one["Source"]), Path(one["Target"])) for one in container.options["HostConfig"]["Mounts"]]
        python, *arguments = container.options["Cmd"]
        assert python == "python"
        info_read, info = os.pipe()
        barrier, barrier_write = os.pipe()
        os.write(barrier_write, b"+")
        identity = SandboxUser.new()
        with (
            make_memory_file(build_filter(memory_is_counted=True)) as seccomp,
            make_memory_file(identity.passwd) as passwd,
        ):
            argv = build_command(
                [self.runtime.python, *arguments],
                identity=identity,
                descriptors=Descriptors(seccomp.fileno(), info, barrier, passwd.fileno()),
                limits=Limits(),
                read_only=[*((path, path) for path in self.runtime.read_only), *mounts],
            )
            if not self.filters:
                del argv[argv.index("--seccomp") : argv.index("--seccomp") + 2]
            process = subprocess.Popen(
                [shutil.which("bwrap") or "bwrap", *argv[1:]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={},
                pass_fds=(seccomp.fileno(), passwd.fileno(), info, barrier),
                start_new_session=True,
            )
        os.close(info)
        while os.read(info_read, 4096):  # bubblewrap goes on when it has told everything
            pass
        for descriptor in (info_read, barrier, barrier_write):
            os.close(descriptor)
        threading.Thread(target=self._collect, args=(container, process), daemon=True).start()
        return process

    def _collect(self, container: Container, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as output:
            while part := output.read1(65536):
                container.output += part[: 2**22 - len(container.output)]
                with container.grown:
                    container.grown.notify_all()
        process.wait()
        with container.grown:
            container.is_over = True
            container.grown.notify_all()

    def _kill(self, container: Container) -> None:
        if container.process is not None and container.process.poll() is None:
            os.killpg(container.process.pid, signal.SIGKILL)
            container.process.wait()
