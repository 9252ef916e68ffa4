"""Where bytes were found: exhibits, sources on disk, unique contents and their places; and what a person should know."""

from __future__ import annotations

from django.db import models


class CaseInfo(models.Model):
    """The single row that says whose case this is."""

    agency = models.TextField()
    created = models.DateTimeField()
    origin = models.TextField()
    """The ledger's origin line: names this log for ever."""


class Exhibit(models.Model):
    """One seized thing or delivery."""

    label = models.TextField(unique=True)
    authority = models.TextField()
    acquirer = models.TextField(default="")
    registered = models.DateTimeField()
    location = models.TextField()
    """Where it lies now. Identity is the label and the stacked path, so this may change."""


class Source(models.Model):
    """One thing on disk in an exhibit: a file, or the segments of one image."""

    exhibit = models.ForeignKey(Exhibit, models.PROTECT, db_index=False)
    key = models.CharField(max_length=32)
    """First 16 bytes of the SHA-256 of ``path``: an index over paths of any length."""
    path = models.TextField()
    stamp = models.TextField()
    """Sizes, times and inodes of its files: unchanged means that nothing is read again."""

    class Meta:
        """One source a path."""

        constraints = [models.UniqueConstraint(fields=["exhibit", "key"], name="source_once")]


class Item(models.Model):
    """Unique content."""

    sha256 = models.CharField(max_length=64, unique=True)
    md5 = models.CharField(max_length=32, db_index=True)
    sha1 = models.CharField(max_length=40, db_index=True)
    size = models.BigIntegerField()
    mime = models.TextField()
    kind = models.CharField(max_length=8)
    """``still``, ``video`` or empty: what can be looked at."""


class Occurrence(models.Model):
    """One place where bytes were found."""

    exhibit = models.ForeignKey(Exhibit, models.PROTECT, db_index=False)
    source = models.ForeignKey(Source, models.PROTECT)
    key = models.CharField(max_length=32)
    path = models.TextField()
    item = models.ForeignKey(Item, models.PROTECT, null=True)
    size = models.BigIntegerField()
    modified = models.BigIntegerField(null=True)
    accessed = models.BigIntegerField(null=True)
    changed = models.BigIntegerField(null=True)
    created = models.BigIntegerField(null=True)
    zoned = models.BooleanField()
    """False: the four times are wall clocks without a zone."""
    deleted = models.BooleanField()
    embedded = models.BooleanField()
    address = models.TextField()
    extension_mismatch = models.BooleanField()
    container = models.TextField()
    readable = models.BooleanField()
    reason = models.TextField()
    current = models.BooleanField()
    """False: once unreadable and read since; kept because a ledger entry vouches for it."""
    batch = models.BigIntegerField()
    """Ledger entry that vouches for this row."""

    class Meta:
        """One current occurrence a path."""

        constraints = [
            models.UniqueConstraint(fields=["exhibit", "key"], condition=models.Q(current=True), name="occurrence_once")
        ]
        indexes = [models.Index(fields=["batch"], name="occurrence_batch")]


class Finding(models.Model):
    """Something a person should know that is no match and no link."""

    kind = models.TextField()
    """``claim differs``, ``evidence replaced``, ``evidence missing``, ``evidence unreadable``, ``second reader``,
    ``other preview``."""
    subject = models.CharField(max_length=32)
    """Digest of what it is about: the same finding is kept once."""
    occurrence = models.ForeignKey(Occurrence, models.PROTECT, null=True)
    item = models.ForeignKey(Item, models.PROTECT, null=True)
    text = models.TextField()
    found = models.DateTimeField()
    batch = models.BigIntegerField(null=True, db_index=True)
    """Ledger entry that vouches for this row; empty in cases from before findings were vouched for."""

    class Meta:
        """Kept once however often it is found."""

        constraints = [models.UniqueConstraint(fields=["kind", "subject"], name="finding_once")]
