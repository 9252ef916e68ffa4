"""Where things are kept: records, descriptor segments, jobs, blobs, and the ledger that vouches for all of them."""

from homeward.store.database import configure

configure()  # before anything below: models can only be imported once Django is set up

from homeward.store.case import Case  # noqa: E402
from homeward.store.errors import CaseDamaged, CaseExists, CaseNotFound, DatabaseUnreachable, StoreError  # noqa: E402

__all__ = ["Case", "CaseDamaged", "CaseExists", "CaseNotFound", "DatabaseUnreachable", "StoreError"]
