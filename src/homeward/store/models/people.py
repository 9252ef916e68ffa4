"""Who works on a case, which category they gave, and what they look for again and again."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class Person(models.Model):
    """Somebody who may open the workbench. Never deleted: what they did stays theirs."""

    key = models.CharField(max_length=16, unique=True)
    """What records call them, so that a name can be erased by law."""
    name = models.TextField()
    role = models.CharField(max_length=16)
    locked = models.BooleanField()
    password = models.TextField()
    """Salted hash as Django keeps it; empty: only by the link that the command line gives."""
    second = models.TextField(default="")
    """Secret of one-time codes, sealed under ``keys/people.key``; empty: the password is enough."""
    second_used = models.BigIntegerField(default=0)
    """The last one-time code that let them in, by its number: each counts once."""


class Grade(models.Model):
    """The category that a person gave an item, or that they took one back; never changed."""

    item = models.ForeignKey(Item, models.PROTECT)
    scheme = models.CharField(max_length=64)
    code = models.CharField(max_length=32)
    """Empty where something is taken back."""
    takes_back = models.BigIntegerField(null=True)
    """Ledger entry of what is taken back."""
    person = models.CharField(max_length=16)
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row."""


class Lease(models.Model):
    """A piece of work that somebody has in hand, so that nobody else is given it."""

    kind = models.CharField(max_length=12)
    name = models.CharField(max_length=64)
    """Which one; of a stack the number of the item that stands for it."""
    person = models.CharField(max_length=16, db_index=True)
    until = models.DateTimeField()
    handed = models.BigIntegerField(null=True)
    """Ledger entry by which somebody handed it to them."""

    class Meta:
        """Only one person has it."""

        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="lease_once")]


class Search(models.Model):
    """A question that a person keeps under a name of their own; never changed, the newest row of a name holds."""

    person = models.CharField(max_length=16)
    name = models.TextField()
    query = models.TextField()
    """As it stands in an address; empty: kept no more."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row."""


class Token(models.Model):
    """By what a program asks in the name of a person; never deleted."""

    key = models.CharField(max_length=16, unique=True)
    person = models.CharField(max_length=16)
    purpose = models.CharField(max_length=80)
    scopes = models.TextField()
    """Permissions, in order, a space between them."""
    digest = models.CharField(max_length=64, unique=True)
    """SHA-256 of the token, which is 256 random bits: it is kept nowhere."""
    expires = models.DateTimeField()
    revoked = models.BooleanField()
