"""The protocol spoken with policy servers: messages, codecs, hardened client, conformance check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.exports import lazy_exports

if TYPE_CHECKING:
    from kinitro.policies.client import Deadlines as Deadlines
    from kinitro.policies.client import HttpPolicy as HttpPolicy
    from kinitro.policies.client import Signer as Signer
    from kinitro.policies.conformance import PolicyServerConformance as PolicyServerConformance
    from kinitro.policies.endpoints import Endpoint as Endpoint
    from kinitro.policies.endpoints import canonicalize_endpoint as canonicalize_endpoint
    from kinitro.policies.endpoints import is_public as is_public
    from kinitro.policies.endpoints import parse_endpoint as parse_endpoint
    from kinitro.policies.errors import PolicyError as PolicyError
    from kinitro.policies.errors import PolicyFailed as PolicyFailed
    from kinitro.policies.errors import PolicyMisbehaved as PolicyMisbehaved
    from kinitro.policies.errors import PolicyUnreachable as PolicyUnreachable
    from kinitro.policies.errors import Reason as Reason
    from kinitro.policies.messages import Policy as Policy
    from kinitro.policies.messages import PolicyHealth as PolicyHealth
    from kinitro.policies.messages import TaskConfig as TaskConfig
    from kinitro.policies.signing import RequestSigner as RequestSigner
    from kinitro.policies.signing import load_hotkey as load_hotkey
else:
    __getattr__, __all__ = lazy_exports(
        __name__,
        {
            "client": "Deadlines HttpPolicy Signer",
            "conformance": "PolicyServerConformance",
            "endpoints": "Endpoint canonicalize_endpoint is_public parse_endpoint",
            "errors": "PolicyError PolicyFailed PolicyMisbehaved PolicyUnreachable Reason",
            "messages": "Policy PolicyHealth TaskConfig",
            "signing": "RequestSigner load_hotkey",
        },
    )
