"""What two pictures say together."""

from __future__ import annotations

from django.db import models

from homeward.store.models.evidence import Item


class StackMember(models.Model):
    """What copy hashes alone say: which items lie together, proposed to the step that verifies copies."""

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True)
    exemplar = models.ForeignKey(Item, models.PROTECT, related_name="stack_members")
    distance = models.IntegerField()
    """Bits between this item's copy hash and the exemplar's."""


class ClipLink(models.Model):
    """Two clips, or a still and a clip, that show the same for a while."""

    a = models.ForeignKey(Item, models.PROTECT, related_name="clip_links")
    b = models.ForeignKey(Item, models.PROTECT, related_name="+")
    orientation = models.IntegerField()
    """EXIF orientation 1..8 that turns ``a`` so that it looks as ``b`` does."""
    stretches = models.JSONField()
    """Lists of four times in milliseconds: from and to in ``a``, from and to in ``b``."""
    share_a = models.IntegerField()
    """Per mille of ``a`` that is found in ``b``; 1000 for a still."""
    share_b = models.IntegerField()
    distance = models.IntegerField()
    """Median bits between the frames."""

    class Meta:
        """Each pair once."""

        constraints = [models.UniqueConstraint(fields=["a", "b"], name="clip_link_once")]


class Kin(models.Model):
    """Two items that agree point by point: copies of one picture, or pictures that only look alike."""

    a = models.ForeignKey(Item, models.PROTECT, related_name="kin_after")
    b = models.ForeignKey(Item, models.PROTECT, related_name="kin_before", db_index=False)
    kinship = models.TextField()
    score = models.IntegerField()
    """Per mille of what both should show that was found again."""
    inliers = models.IntegerField()
    """Features that agree with the map."""
    map = models.TextField()
    """Six numbers, row by row: the (2, 3) map from a's to b's full-size pixels."""
    key = models.TextField()
    """Version and parameters of the step that said so."""
    batch = models.BigIntegerField()

    class Meta:
        """One verdict a pair and version."""

        constraints = [models.UniqueConstraint(fields=["key", "a", "b"], name="kin_once")]


class CopyMember(models.Model):
    """Which stack an item lies in; a stack is named by its exemplar."""

    item = models.OneToOneField(Item, models.PROTECT, primary_key=True)
    exemplar = models.ForeignKey(Item, models.PROTECT, related_name="copies")
    evidence = models.TextField()
    """``itself`` (the exemplar), ``hash`` or ``features``."""
    distance = models.IntegerField(null=True)
    """Bits between this item's copy hash and the exemplar's, where hashes put them together."""
    score = models.IntegerField(null=True)
    """Per mille of what both should show that was found again, where features put them together."""
    map = models.TextField()
    """Six numbers, row by row: the (2, 3) map from this item's to the exemplar's full-size pixels; empty for the exemplar."""


class SightLink(models.Model):
    """Two pictures that show one rigid thing or place from any side, and how strongly that speaks for either."""

    a = models.ForeignKey(Item, models.PROTECT, related_name="sights_after")
    b = models.ForeignKey(Item, models.PROTECT, related_name="sights_before", db_index=False)
    time_a = models.IntegerField(default=-1)
    """Milliseconds into a clip of the frame that the score and the boxes are of, -1 of a still; so is ``time_b``."""
    time_b = models.IntegerField(default=-1)
    score = models.IntegerField()
    """max(F - 7, H - 4)."""
    place_score = models.IntegerField()
    """F - 7, plus the parts of the picture in which features agree."""
    place_lr = models.IntegerField()
    """Thousandths of a log10 likelihood ratio; so is ``object_lr``."""
    object_lr = models.IntegerField()
    box_a = models.TextField()
    """x, y, width and height in a's full-size pixels: where the features lie that agree; so is ``box_b``."""
    box_b = models.TextField()
    reason = models.TextField()
    mark = models.IntegerField(default=0)
    """Places in which a mark that a site or program laid over both agrees, 0 for none; nothing above counts these."""
    mark_a = models.TextField(default="")
    """Where the mark lies in a, as ``box_a``; so is ``mark_b``."""
    mark_b = models.TextField(default="")
    key = models.TextField()
    """Version and parameters of the step that said so."""
    batch = models.BigIntegerField()

    class Meta:
        """Once a pair and version."""

        constraints = [models.UniqueConstraint(fields=["key", "a", "b"], name="sight_link_once")]


class BackgroundSight(models.Model):
    """A picture of the case and one of a background collection, which belongs to no case, that show one thing."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="+", db_index=False)
    picture = models.CharField(max_length=64)
    """SHA-256 of the picture of the collection."""
    box = models.TextField()
    """x, y, width and height in the item's full-size pixels: where the features lie that agree."""
    key = models.TextField()
    """Version and parameters of the step that said so, and a digest of the collections that it was said of."""
    batch = models.BigIntegerField()

    class Meta:
        """Once a pair, version and state of the collections."""

        constraints = [models.UniqueConstraint(fields=["key", "item", "picture"], name="background_sight_once")]


class CameraLink(models.Model):
    """A picture and the picture that names a device: one of its pictures, or offered as one."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="camera_links")
    device = models.ForeignKey(Item, models.PROTECT, related_name="+")
    """The picture that agrees best with the others of the device; its own row is about itself."""
    merged = models.BooleanField()
    """False: offered to a person."""
    score = models.BigIntegerField()
    """Agreement in thousandths of a standard deviation of strangers."""
    log10_lr = models.IntegerField()
    """Thousandths."""
    calibration = models.TextField()
    reason = models.TextField()
    caveats = models.JSONField()

    class Meta:
        """Each pair once."""

        constraints = [models.UniqueConstraint(fields=["item", "device"], name="camera_link_once")]


class SharedLink(models.Model):
    """A picture that may be a scaled copy, compared with a device of another size; never merged."""

    item = models.ForeignKey(Item, models.PROTECT, related_name="shared_links")
    device = models.ForeignKey(Item, models.PROTECT, related_name="+")
    """The picture that names the device."""
    key = models.TextField()
    """Of the fingerprint: compared again only when that is another one."""
    offered = models.BooleanField()
    """Whether it agrees enough to be shown to a person."""
    score = models.BigIntegerField()
    """Agreement in thousandths of a standard deviation of strangers, at one place."""
    log10_lr = models.IntegerField()
    """Thousandths."""
    calibration = models.TextField()
    reason = models.TextField()
    caveats = models.JSONField()

    class Meta:
        """Each pair once."""

        constraints = [models.UniqueConstraint(fields=["item", "device"], name="shared_link_once")]
