"""Where things are kept: records, descriptor segments, jobs, blobs, and the ledger that vouches for all of them."""

from homeward.store.database import configure

configure()  # before anything below: models can only be imported once Django is set up

from homeward.store.case import Case  # noqa: E402
from homeward.store.errors import (  # noqa: E402
    CaseDamaged,
    CaseExists,
    CaseNotFound,
    CaseReadOnly,
    DatabaseUnreachable,
    StoreError,
)

__all__ = ["Case", "CaseDamaged", "CaseExists", "CaseNotFound", "CaseReadOnly", "DatabaseUnreachable", "StoreError"]
