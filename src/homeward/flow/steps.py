"""Every step of ``homeward process``, in order, as data.

A result is keyed by (step, version, parameters, input): raise the version when the same input would now give another
result, and everything is done again by itself.
"""

from __future__ import annotations

import hashlib

import msgspec

from homeward.core.canonical import Plain, canonical_json


class Step(msgspec.Struct, frozen=True):
    """A step over each item of certain kinds, or (no kinds) over everything known at once."""

    name: str
    version: str
    params: dict[str, Plain]
    kinds: tuple[str, ...] = ()
    function: str = ""
    """``module:function``: a sandbox task for items, ``(case, progress) -> None`` for whole sets."""
    caption: str = ""
    reads: tuple[str, ...] = ()
    """Descriptors that a step over everything looks at: it is done again when there is more of them."""
    chosen: str = ""
    """``module:function``, ``case -> items``: what an item step is for, where that is not every item of its kinds."""
    needs: str = ""
    """``module:function``, ``() -> bool``: whether what the step needs is installed here; it is left for later where not."""

    plugin: str = ""
    """SHA-256 of the manifest of the plug-in that is asked, of an item step that asks one."""

    @property
    def params_digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of the canonical parameters."""
        return hashlib.sha256(canonical_json(self.params)).hexdigest()[:16]


DESCRIBE = Step(
    "describe",
    "8",
    # A test holds these against the descriptors themselves: a new version there is a new key here.
    {"descriptors": ["pdq 3", "pdq_turned 3", "pdq_trimmed 3"], "veil": [24, 18], "header": "1"},
    kinds=("still", "video"),
    function="homeward.flow.tasks.stills:describe",
    caption="Decoding and describing",
)
MATCH = Step(
    "match",
    "5",
    {"radius": 31, "min_quality": 50, "near": 20},
    function="homeward.flow.copies.match:match",
    caption="Matching known lists",
    reads=("pdq", "pdq_turned", "pdq_trimmed"),
)
CLIPS = Step(
    "clips",
    "2",
    {"radius": 31, "min_quality": 50, "slack_ms": 120, "gap_ms": 1500, "frames": 2},
    function="homeward.flow.copies.clips:clips",
    caption="Comparing clips",
    reads=("pdq", "pdq_turned", "pdq_trimmed"),
)
STACK = Step(
    "stack",
    "3",
    {"radius": 31, "min_quality": 50, "clip_share": 900, "clip_new_ms": 5000},
    function="homeward.flow.copies.stack:stack",
    caption="Stacking copies",
    reads=("pdq", "pdq_turned", "pdq_trimmed"),
)
SCENE = Step(
    "scene",
    "2",
    {"descriptors": ["scene 2"], "sure": 8},
    kinds=("still",),
    function="homeward.flow.tasks.scene:measure",
    caption="Measuring local features",
    chosen="homeward.flow.features.scene:unsure_items",
)
COPIES = Step(
    "copies",
    "4",
    {"descriptors": ["scene 2"], "candidates": [25, 8, 25], "misses": 4},
    function="homeward.flow.copies.verified:copies",
    caption="Verifying copies",
    reads=("pdq", "pdq_turned", "pdq_trimmed", "scene"),
)
SIGHTS = Step(
    "sights",
    "4",
    {"descriptors": ["scene 2"], "candidates": 25, "misses": 8, "calibration": 1},
    function="homeward.flow.clues.sights:sights",
    caption="Linking places and things",
    reads=("scene",),
)
BACKGROUND = Step(
    "background",
    "1",
    {"descriptors": ["scene 2"], "candidates": 25, "misses": 8},
    function="homeward.flow.clues.elsewhere:compare",
    caption="Looking for things in backgrounds",
    reads=("scene",),
)
MOMENTS = Step(
    "moments",
    "1",
    {"descriptors": ["scene 2"], "frames": 24},
    kinds=("video",),
    function="homeward.flow.tasks.moments:measure",
    caption="Measuring local features of clips",
    chosen="homeward.flow.features.scene:clips",
)
MOMENTS_INDEX = Step(
    "moments_index",
    "1",
    {},
    function="homeward.flow.features.gallery:complete_moments",
    caption="Indexing local features of clips",
)
CLIP_SIGHTS = Step(
    "clip_sights",
    "3",
    {"descriptors": ["scene 2"], "frames": 24, "candidates": 25, "misses": 8, "looks": 4, "calibration": 1},
    function="homeward.flow.clues.clip_sights:clip_sights",
    caption="Linking places and things in clips",
)
TEXT = Step(
    "text",
    "3",
    {"descriptors": ["text 3"], "frames": 40},
    kinds=("still", "video"),
    function="homeward.flow.tasks.text:read",
    caption="Reading words",
    chosen="homeward.store.texts:exemplars",
    needs="homeward.descriptors.text_models:available",
)
CLUES = Step("clues", "2", {}, function="homeward.flow.clues.clue_ledger:propose", caption="Proposing clues")
NOISE = Step(
    "noise",
    "2",
    {"descriptors": ["camera 2"]},
    kinds=("still",),
    function="homeward.flow.tasks.noise:measure",
    caption="Measuring sensor noise",
    chosen="homeward.store.reads:decoded_stills",
)
RESIDUALS = Step(
    "residuals",
    "2",
    {"descriptors": ["camera 2"], "limit": 150},
    kinds=("still",),
    function="homeward.flow.tasks.noise:keep",
    caption="Measuring noise in full",
    chosen="homeward.flow.noise.exact:survivors",
)
CLIP_NOISE = Step(
    "clip_noise",
    "3",
    {"descriptors": ["camera 2"], "frames": 24},
    kinds=("video",),
    function="homeward.flow.tasks.noise_clips:measure",
    caption="Measuring sensor noise of clips",
    chosen="homeward.flow.noise.clips:decoded_clips",
)
DEVICES = Step(
    "devices",
    "15",
    {"calibration": 4},
    function="homeward.flow.noise.devices:devices",
    caption="Finding devices",
    reads=("noise", "residual"),
)
OVERVIEWS = Step(
    "overviews",
    "1",
    {"descriptors": ["camera 2"], "side": 2048},
    kinds=("still",),
    function="homeward.flow.tasks.noise_whole:measure",
    caption="Measuring noise of whole frames",
    chosen="homeward.flow.noise.shared:wanted",
)
SHARED = Step(
    "shared",
    "4",
    {"calibration": 2, "pictures": [5, 64]},
    function="homeward.flow.noise.shared:shared",
    caption="Looking for scaled copies of devices",
    reads=("noise", "residual", "overview"),
)

POSTERS = Step(
    "posters",
    "3",
    {},
    function="homeward.flow.communities.first_posters:first_posters",
    caption="Reading who posted first",
)
SERIES = Step("series", "11", {}, function="homeward.flow.series.settling:settle", caption="Holding pictures together")

STEPS = (
    DESCRIBE,
    MATCH,
    CLIPS,
    STACK,
    SCENE,
    COPIES,
    SIGHTS,
    BACKGROUND,
    MOMENTS,
    MOMENTS_INDEX,
    CLIP_SIGHTS,
    NOISE,
    RESIDUALS,
    CLIP_NOISE,
    DEVICES,
    OVERVIEWS,
    SHARED,
    TEXT,
    CLUES,
    POSTERS,
    SERIES,
)
"""Items first, then what compares them: all others need descriptions, stacking needs what clips have in common, and local
features are measured only of what copy hashes leave apart or unsure; words are read of one picture a stack. Reading comes last
but for the clues that it gives and for series, which rest on everything, captures too: it costs most."""
