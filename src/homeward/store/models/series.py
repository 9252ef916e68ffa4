"""Which pictures are held together as one victim hypothesis, and everything that was decided about it."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class SeriesEvent(models.Model):
    """One thing that was decided or found about a series: never changed, never deleted."""

    event = models.CharField(max_length=64, unique=True)
    """SHA-256 of ``body``."""
    series = models.CharField(max_length=64, db_index=True)
    body = models.TextField()
    """Canonical JSON of a :class:`homeward.series.events.Event`."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row, and holds the name of the person as a commitment."""


class SeriesMember(models.Model):
    """Which series an item is in; what is in none has no row."""

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True)
    series = models.CharField(max_length=64, db_index=True)


class SeriesJoin(models.Model):
    """Two groups of pictures that were joined, or that a person is asked about, and the two pictures that say most."""

    a = models.ForeignKey(Item, models.PROTECT, related_name="+")
    b = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    proposed = models.BooleanField()
    log10_lr = models.IntegerField()
    """Thousandths, over all pairs of the two groups."""
    pair_lr = models.IntegerField()
    """Thousandths, of the two pictures."""
    why = models.TextField()

    class Meta:
        """Each pair once."""

        constraints = [models.UniqueConstraint(fields=["a", "b"], name="series_join_once")]
