"""A stranger's code goes in; a Unix socket that speaks the policy protocol comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.exports import lazy_exports

if TYPE_CHECKING:
    from kinitro.sandbox.bubblewrap import BubblewrapSandbox as BubblewrapSandbox
    from kinitro.sandbox.docker import DockerSandbox as DockerSandbox
    from kinitro.sandbox.errors import PolicyDidNotStart as PolicyDidNotStart
    from kinitro.sandbox.errors import PolicyKilled as PolicyKilled
    from kinitro.sandbox.errors import RepositoryRefused as RepositoryRefused
    from kinitro.sandbox.errors import RepositoryUnavailable as RepositoryUnavailable
    from kinitro.sandbox.errors import RepositoryUnverifiable as RepositoryUnverifiable
    from kinitro.sandbox.errors import SandboxError as SandboxError
    from kinitro.sandbox.errors import SandboxFailed as SandboxFailed
    from kinitro.sandbox.errors import SandboxUnavailable as SandboxUnavailable
    from kinitro.sandbox.interface import Ending as Ending
    from kinitro.sandbox.interface import EndReason as EndReason
    from kinitro.sandbox.interface import Limits as Limits
    from kinitro.sandbox.interface import Runtime as Runtime
    from kinitro.sandbox.interface import Sandbox as Sandbox
    from kinitro.sandbox.interface import SandboxedPolicy as SandboxedPolicy
    from kinitro.sandbox.runtimes import inspect_runtime as inspect_runtime
    from kinitro.sandbox.uploads import PolicyRepositories as PolicyRepositories
else:
    __getattr__, __all__ = lazy_exports(
        __name__,
        {
            "bubblewrap": "BubblewrapSandbox",
            "docker": "DockerSandbox",
            "errors": (
                "PolicyDidNotStart PolicyKilled RepositoryRefused RepositoryUnavailable RepositoryUnverifiable "
                "SandboxError SandboxFailed SandboxUnavailable"
            ),
            "interface": "EndReason Ending Limits Runtime Sandbox SandboxedPolicy",
            "runtimes": "inspect_runtime",
            "uploads": "PolicyRepositories",
        },
    )
