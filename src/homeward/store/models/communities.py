"""Captures of communities, and what was decided about them."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class CaptureEvent(models.Model):
    """One thing that happened to captures or was decided about what is in them: never changed, never deleted."""

    event = models.CharField(max_length=64, unique=True)
    """SHA-256 of ``body``."""
    body = models.TextField()
    """Canonical JSON of an event of :mod:`homeward.communities.captures`."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row, and holds the names of persons as commitments."""


class FirstPosting(models.Model):
    """A handle that was the first to post an item, as far as captures that are held show."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+")
    site = models.TextField()
    handle = models.CharField(max_length=64)
    """Token of site and handle under the key of the case: it names nobody without that key. Empty of a protected handle."""
    time = models.BigIntegerField()
    """Seconds since 1970 in UTC."""
    passed_on = models.BooleanField()
    """Whether another handle was seen to post the item too."""

    class Meta:
        """Each handle of an item once."""

        constraints = [models.UniqueConstraint(fields=["item", "site", "handle"], name="first_posting_once")]
