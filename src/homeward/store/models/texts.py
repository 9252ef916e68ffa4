"""What was read in pictures."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class TextLine(models.Model):
    """One line that was read in a picture, or what a QR or bar code in it holds."""

    item = models.ForeignKey(Item, models.PROTECT, db_index=False)
    time_ms = models.IntegerField()
    line = models.IntegerField()
    """Counted through the item."""
    text = models.TextField()
    left = models.IntegerField()
    top = models.IntegerField()
    width = models.IntegerField()
    height = models.IntegerField()
    angle = models.IntegerField()
    """Degrees 0..359 clockwise from the right in which it is read."""
    confidence = models.IntegerField()
    """Per mille."""
    source = models.CharField(max_length=16)
    """``print``, or the kind of code."""
    words = models.JSONField()
    """Each word with its left, top, width and height."""
    key = models.TextField(db_index=True)
    """:func:`homeward.core.wording.key` of the text: by it lines are searched."""
    current = models.BooleanField()
    batch = models.BigIntegerField(db_index=True)

    class Meta:
        """Lines of an item in order."""

        constraints = [
            models.UniqueConstraint(fields=["item", "line"], condition=models.Q(current=True), name="text_line_once")
        ]


class TextGram(models.Model):
    """Two neighbouring characters of a key: the index by which lines are found that are nearly what was asked."""

    gram = models.CharField(max_length=2)
    key = models.TextField()

    class Meta:
        """Each once."""

        constraints = [models.UniqueConstraint(fields=["gram", "key"], name="text_gram_once")]
