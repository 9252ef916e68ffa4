"""Private matching with partners."""

from __future__ import annotations

from django.db import models


class MatchMessage(models.Model):
    """One message of a private matching, ours or the partner's: never changed, never deleted."""

    match = models.CharField(max_length=32)
    number = models.IntegerField()
    act = models.CharField(max_length=20)
    sent = models.BooleanField()
    """Whether it is ours."""
    partner = models.CharField(max_length=40)
    """Fingerprint of the partner's card."""
    file = models.CharField(max_length=64)
    """SHA-256 of the message as it travels: a kept blob."""
    state = models.CharField(max_length=64)
    """SHA-256 of what this side remembers after it: a kept blob."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row."""

    class Meta:
        """Each message once."""

        constraints = [models.UniqueConstraint(fields=["match", "number"], name="match_message_once")]
