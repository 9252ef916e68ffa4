"""Where things are kept: records, descriptor segments, jobs, blobs, and the ledger that vouches for all of them."""

from homeward.store.case import Case
from homeward.store.errors import CaseDamaged, CaseExists, CaseNotFound, DatabaseUnreachable, StoreError

__all__ = ["Case", "CaseDamaged", "CaseExists", "CaseNotFound", "DatabaseUnreachable", "StoreError"]
