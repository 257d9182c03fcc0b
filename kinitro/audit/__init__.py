"""Is what the operator published true? For validators before they set weights, and for anybody afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinitro.exports import lazy_exports

if TYPE_CHECKING:
    from kinitro.audit.audit import audit_cycle as audit_cycle
    from kinitro.audit.errors import AuditUnavailable as AuditUnavailable
    from kinitro.audit.report import AuditReport as AuditReport
    from kinitro.audit.report import AuditVerdict as AuditVerdict
    from kinitro.audit.report import Check as Check
    from kinitro.audit.witness import Witness as Witness
else:
    __getattr__, __all__ = lazy_exports(
        __name__,
        {
            "audit": "audit_cycle",
            "errors": "AuditUnavailable",
            "report": "AuditReport AuditVerdict Check",
            "witness": "Witness",
        },
    )
