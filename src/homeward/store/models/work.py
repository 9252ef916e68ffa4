"""What is to be done and what was done."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class Job(models.Model):
    """One step over one item: work to do, and afterwards the record that it was done."""

    step = models.TextField()
    version = models.TextField()
    params = models.CharField(max_length=16)
    item = models.ForeignKey(Item, models.PROTECT, db_index=False)
    state = models.CharField(max_length=8)
    """``pending``, ``leased``, ``done`` or ``failed``."""
    attempts = models.IntegerField()
    """How often a locked worker was lost over it."""
    owner = models.TextField()
    expires = models.DateTimeField(null=True)
    reason = models.TextField()
    batch = models.BigIntegerField(null=True)
    """Ledger entry that vouches for the outcome; empty for what was done before outcomes were vouched for."""

    class Meta:
        """The key of a result: step, version, parameters, input."""

        constraints = [models.UniqueConstraint(fields=["step", "version", "params", "item"], name="job_once")]
        indexes = [
            models.Index(fields=["state", "step", "item"], name="job_queue"),
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="job_failures"),
        ]


class StepRun(models.Model):
    """A step over a whole set of inputs, keyed by the digest of what it read."""

    step = models.TextField(unique=True)
    key = models.TextField()
    """Version, parameters and input digest of the last complete run."""


class SegmentRun(models.Model):
    """A committed stretch of a segment file."""

    descriptor = models.TextField()
    """Name, version and parameter digest, as the segment folder is called."""
    file = models.TextField()
    first = models.BigIntegerField()
    count = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    batch = models.BigIntegerField()

    class Meta:
        """Each stretch is committed once."""

        constraints = [models.UniqueConstraint(fields=["descriptor", "file", "first"], name="run_once")]
