"""What was read of an item's content."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class Media(models.Model):
    """What a decode said about an item."""

    item = models.ForeignKey(Item, models.PROTECT)
    format = models.TextField()
    width = models.IntegerField()
    height = models.IntegerField()
    duration_ms = models.BigIntegerField(null=True)
    missing = models.IntegerField()
    """Per mille of the picture that is lost; 0 with a non-empty ``damage`` means that detail is missing."""
    damage = models.TextField()
    facts = models.JSONField()
    """Metadata, streams and everything else that was read, by name."""
    current = models.BooleanField()
    """False: said by an older version of the step; kept because a ledger entry vouches for it."""
    batch = models.BigIntegerField(db_index=True)

    class Meta:
        """One current record an item."""

        constraints = [models.UniqueConstraint(fields=["item"], condition=models.Q(current=True), name="media_once")]


class Header(models.Model):
    """How an item's header is laid out and which device it names: the columns by which files are looked up.

    The rest of what the header says stands in ``Media.facts``.
    """

    item = models.ForeignKey(Item, models.PROTECT, db_index=False)
    full = models.CharField(max_length=12)
    """Key of the whole path; ``bare`` without EXIF, ``writer`` of the program. Empty for a format that is not read."""
    bare = models.CharField(max_length=12, db_index=True)
    writer = models.CharField(max_length=12, db_index=True)
    make = models.TextField()
    model = models.TextField()
    body_serial = models.TextField(db_index=True)
    lens_serial = models.TextField()
    origin = models.CharField(max_length=8)
    """``camera``, ``app``, ``stripped`` or ``unknown``."""
    app = models.TextField()
    likely_make = models.TextField()
    """Whose cameras lay files out like this, by the reference set."""
    current = models.BooleanField()
    batch = models.BigIntegerField(db_index=True)

    class Meta:
        """One current record an item."""

        constraints = [models.UniqueConstraint(fields=["item"], condition=models.Q(current=True), name="header_once")]
        indexes = [models.Index(fields=["full", "item"], name="header_path")]
