"""Captures of communities, and what was decided about them."""

from __future__ import annotations

from django.db import models


class CaptureEvent(models.Model):
    """One thing that happened to captures or was decided about what is in them: never changed, never deleted."""

    event = models.CharField(max_length=64, unique=True)
    """SHA-256 of ``body``."""
    body = models.TextField()
    """Canonical JSON of an event of :mod:`homeward.communities.captures`."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row, and holds the names of persons as commitments."""
