"""Which dates, flags and scores a lag panel rests on, and what speaks against each."""

from gapmodel.audit.audit import Audit, audit_scores

__all__ = ["Audit", "audit_scores"]
