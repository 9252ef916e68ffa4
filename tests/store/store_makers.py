"""Rows for the store's tests."""

from __future__ import annotations

import hashlib

from homeward.core import Digests, StackedPath
from homeward.core.digests import Hasher
from homeward.store import Case, exhibits
from homeward.store.intake import OccurrenceRow
from homeward.store.jobs import StepKey
from homeward.store.models import Exhibit

STEP = StepKey("describe", "1", hashlib.sha256(b"").hexdigest()[:16])


def exhibit(case: Case, label: str = "EX-1") -> Exhibit:
    return exhibits.register(case, label, "/evidence", "order 1/26", "someone")


def digests(content: bytes) -> Digests:
    hasher = Hasher()
    hasher.update(content)
    return hasher.digests


def row(*layers: str, content: bytes | None = b"content", kind: str = "still", **more: object) -> OccurrenceRow:
    """An occurrence of ``content``; None: it could not be read."""
    path = StackedPath.of(layers)
    known = {"readable": content is not None, "reason": "" if content is not None else "the archive ends early", **more}
    size, found = (len(content), digests(content)) if content is not None else (0, None)
    return OccurrenceRow(layers[0], path, size, found, "image/png", kind, **known)  # type: ignore[arg-type]
