"""What may lead somewhere."""

from __future__ import annotations

from django.db import models


class ClueEvent(models.Model):
    """One thing that was said about a clue: never changed, never deleted. What a clue is, is the replay of its events."""

    event = models.CharField(max_length=64, unique=True)
    """SHA-256 of ``body``."""
    clue = models.CharField(max_length=64, db_index=True)
    picture = models.CharField(max_length=64, db_index=True)
    """SHA-256 of the item in which it was seen; empty for an event that is no sighting."""
    body = models.TextField()
    """Canonical JSON of a :class:`homeward.series.clues.Event`."""
    source = models.CharField(max_length=64)
    """SHA-256 of the partner's file that brought it; empty: it was said here."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row, and holds the name of the person as a commitment."""
