"""Lists of known media, and what they name here."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class KnownList(models.Model):
    """A list of hashes of known media as one file delivered it; its hashes lie in ``known/`` and not in rows."""

    name = models.TextField()
    digest = models.CharField(max_length=64)
    """SHA-256 of the delivered file."""
    format = models.TextField()
    purpose = models.CharField(max_length=8)
    """``alert``, ``known`` or ``negative``."""
    scheme = models.TextField()
    scheme_version = models.TextField()
    added = models.DateTimeField()
    hashes = models.JSONField()
    """How many of each kind."""
    unmatched = models.JSONField()
    """Values that are kept and cannot be matched, by kind."""
    skipped = models.BigIntegerField()
    incomplete = models.BigIntegerField()
    problems = models.JSONField()
    notes = models.JSONField()
    withdrawn = models.JSONField()
    """Keys of rows that it takes back from earlier lists of its name."""
    folder = models.TextField()
    state = models.CharField(max_length=8)
    """``current``, ``replaced`` (by a newer delivery of its name) or ``removed``."""
    ended = models.BigIntegerField(null=True)
    """Ledger entry by which it was replaced or removed."""
    batch = models.BigIntegerField()

    class Meta:
        """The same file counts once."""

        constraints = [models.UniqueConstraint(fields=["digest"], condition=models.Q(state="current"), name="known_list_once")]


class KnownEntry(models.Model):
    """A row of a known list that names something in this case, with what it says."""

    list = models.ForeignKey(KnownList, models.PROTECT)
    record = models.BigIntegerField()
    """Reference of the row on the list's shelf."""
    line = models.BigIntegerField()
    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=64)
    quality = models.IntegerField(null=True)
    codes = models.TextField()
    series = models.TextField()
    victim_identified = models.BooleanField(null=True)
    submissions = models.BigIntegerField(null=True)
    key = models.TextField()
    extra = models.JSONField()

    class Meta:
        """One entry a row and hash."""

        constraints = [models.UniqueConstraint(fields=["list", "record", "kind", "value"], name="known_entry_once")]


class KnownWord(models.Model):
    """What an agency says about a hash of a known list."""

    kind = models.CharField(max_length=8)
    value = models.CharField(max_length=64)
    word = models.CharField(max_length=8)
    """``confirm``, ``deny``, or ``withdraw``: the list called ``name`` no longer names it."""
    name = models.TextField()
    agency = models.TextField()
    reason = models.TextField()
    said = models.DateTimeField()
    batch = models.BigIntegerField()

    class Meta:
        """Looked up by hash."""

        indexes = [models.Index(fields=["kind", "value"], name="known_word")]


class Match(models.Model):
    """An item that a known list names, exactly or nearly."""

    item = models.ForeignKey(Item, models.PROTECT)
    time_ms = models.IntegerField()
    entry = models.ForeignKey(KnownEntry, models.PROTECT)
    distance = models.IntegerField()
    quality = models.IntegerField(null=True)
    orientation = models.TextField()
    """How the picture was turned to match."""
    new_to_list = models.BooleanField()
    """No exact hash of the item stands in that list."""
    silenced = models.TextField()
    """The negative list that says that this hit is false; empty for every other."""
    ranges = models.JSONField()
    """Lists of four times in milliseconds: from and to in the item (null for a still), and in the known clip (null where the
    list names a picture)."""
    share = models.IntegerField(null=True)
    """Per mille of a clip that is found in the known clip."""
    known_share = models.IntegerField(null=True)
    """Per mille of the known clip that is found in this one."""
    left_out = models.IntegerField()
    """Further near entries of the same list that are not told of."""

    class Meta:
        """One match an item, moment and entry."""

        constraints = [models.UniqueConstraint(fields=["item", "time_ms", "entry"], name="match_once")]
