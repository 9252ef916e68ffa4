"""The log that vouches for everything else."""

from __future__ import annotations

from django.db import models


class LedgerEntry(models.Model):
    """Canonical bytes of one ledger entry; the files under ``ledger/`` are derived from these."""

    seq = models.BigIntegerField(primary_key=True)
    body = models.BinaryField()


class LedgerOpening(models.Model):
    """Salt and text behind a commitment; deleting the row erases the name and leaves the tree whole."""

    seq = models.BigIntegerField()
    field = models.TextField()
    salt = models.BinaryField()
    value = models.TextField()

    class Meta:
        """One opening a commitment."""

        constraints = [models.UniqueConstraint(fields=["seq", "field"], name="opening_once")]


class LedgerHead(models.Model):
    """The single row that writers lock to append in order."""

    size = models.BigIntegerField()
