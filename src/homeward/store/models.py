"""The records of a case, in the order in which a file meets them.

Fixed-width descriptors are not here but in segment files; :class:`SegmentRun` says which stretches of them count.
Hashes are lower-case hexadecimal; moments are nanoseconds since 1970 (see :class:`homeward.core.time.Moment`).
"""

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
    """Ledger entry that vouches for a failure and its reason."""

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

    class Meta:
        """One match an item, moment and entry."""

        constraints = [models.UniqueConstraint(fields=["item", "time_ms", "entry"], name="match_once")]


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


class ClueEvent(models.Model):
    """One thing that was said about a clue: never changed, never deleted. What a clue is, is the replay of its events."""

    event = models.CharField(max_length=64, unique=True)
    """SHA-256 of ``body``."""
    clue = models.CharField(max_length=64, db_index=True)
    picture = models.CharField(max_length=64, db_index=True)
    """SHA-256 of the item in which it was seen; empty for an event that is no sighting."""
    body = models.TextField()
    """Canonical JSON of a :class:`homeward.series.clues.Event`."""
    source = models.CharField(max_length=64)
    """SHA-256 of the partner's file that brought it; empty: it was said here."""
    batch = models.BigIntegerField(db_index=True)
    """Ledger entry that vouches for this row, and holds the name of the person as a commitment."""


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
