"""What an agency brings beside its model: ``plugin.json``, which says how pictures become its input and what its output means.

Everything in it is checked before anything else is looked at. A plug-in is known by the SHA-256 of this file, which holds the
SHA-256 of the model: what two plug-ins say is never compared. The contract: ``docs/methods/plugins.md``.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec

from homeward.core import HomewardError
from homeward.descriptors.plugin_inputs import Preprocess, Regions, Strips

MANIFEST = "plugin.json"
LARGEST_MANIFEST = 256 << 10
"""Bytes; the characters of Chinese and Japanese alone are 130 KiB."""
LARGEST_MODEL = 1 << 30
"""Bytes."""
OTHER_MODEL = "{} is not the file that the manifest names: its SHA-256 is another"
HEAD_BYTES = 10
"""Count and sizes before the local features of a picture."""


BOX_BYTES = 19
"""A box with its score and label."""
LINE_BYTES, LETTER_BYTES = 24, 72
"""Where a line stands and how sure it is, and room for what it says (UTF-8, of all lines together)."""


LONGEST_WINDOW, LARGEST_SOUND = 60, 1 << 20
"""Seconds of a stretch of sound, and bytes that are kept of a clip."""


class PluginRefused(HomewardError, ValueError):
    """A plug-in that cannot be taken, or that does not do what it promises; the message says why."""


Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Identifier = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_.-]{0,62}\Z")]
Version = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.]{0,30}\Z")]
_UNSEEN = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""What steers a terminal, or the direction of writing around it."""
Tensor = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=rf"^[^{_UNSEEN}]*\Z")]
"""Name of an input or output of the model."""
FileName = Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z_-]{0,99}\.onnx\Z")]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=rf"^[^{_UNSEEN}]*\Z")]
Statement = Annotated[str, msgspec.Meta(max_length=120, pattern=rf"^[a-z][a-z ]*: [^{_UNSEEN}]+\Z")]
"""``KIND: VALUE``, as the tables of countries write both."""
Character = Annotated[str, msgspec.Meta(min_length=1, max_length=8, pattern=rf"^[^{_UNSEEN}]*\Z")]
Dimensions = Annotated[int, msgspec.Meta(ge=2, le=8192)]
Purpose = Literal["place", "object"]


class SelfTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A made picture and the first eight numbers that must come of it, so that a wrong order of colours or size is noticed.

    The picture is ``numpy.random.default_rng(seed).integers(0, 256, shape, numpy.uint8)``. Of a local plug-in they are the
    place of the strongest feature in pixels of the picture and the first six values of its code;
    of a detector the box, score and label of the surest thing, how many there are, and 0; of one that reads, which takes all of
    the picture for one line, the likeliest class of each of the first four columns with its likelihood.
    """

    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
    shape: tuple[Annotated[int, msgspec.Meta(ge=16, le=2048)], Annotated[int, msgspec.Meta(ge=16, le=2048)], Literal[3]]
    first8: Annotated[tuple[float, ...], msgspec.Meta(min_length=8, max_length=8)]
    atol: Annotated[float, msgspec.Meta(gt=0, le=0.05)] = 0.001


class Post(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What becomes of the output before it is kept: scaled to length 1, then kept as bytes; packed bits stay as they are."""

    metric: Literal["cosine", "hamming"] = "cosine"
    quantise: Literal["int8"] = "int8"
    l2: Literal[True] = True


class GlobalModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vector a picture. ``select`` says how: of (1, n, d) tokens the first or the mean, of (1, d, h, w) maps the mean."""

    file: FileName
    sha256: Sha256
    input: Tensor
    output: Tensor
    dim: Dimensions
    select: Literal["vector", "cls", "mean"] = "vector"
    dtype: Literal["float32"] = "float32"


class LocalOutputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of outputs: (n, 2) x and y, (n,) or (n, 1) scores, (n, d) floats or packed bits; of each one a picture, with or
    without a leading 1.
    """

    keypoints: Tensor = "keypoints"
    scores: Tensor = "scores"
    descriptors: Tensor = "descriptors"


class LocalModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to ``most`` features a picture, the strongest. ``dim`` is in values, of packed bits in bytes.

    ``places``: in ``pixels`` of the input from its corner, or ``unit``, from -1 to 1 across the input.
    """

    file: FileName
    sha256: Sha256
    input: Tensor
    dim: Annotated[int, msgspec.Meta(ge=2, le=512)]
    outputs: LocalOutputs = LocalOutputs()
    most: Annotated[int, msgspec.Meta(ge=8, le=2000)] = 1000
    places: Literal["pixels", "unit"] = "pixels"
    dtype: Literal["float32"] = "float32"


class DetectorOutputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of outputs: (n, 4) left, top, right and bottom in pixels of the input, (n,) scores 0..1, (n,) numbers of labels;
    each with or without a leading 1.
    """

    boxes: Tensor = "boxes"
    scores: Tensor = "scores"
    labels: Tensor = "labels"


class DetectorModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to ``most`` things a picture with a score of at least ``least``, the surest; ``labels`` names each number."""

    file: FileName
    sha256: Sha256
    input: Tensor
    labels: Annotated[tuple[Label, ...], msgspec.Meta(min_length=1, max_length=2000)]
    states: dict[Label, Statement] = {}
    """What a thing with a label states of where the picture was made; which statements there are, this room does not know."""
    outputs: DetectorOutputs = DetectorOutputs()
    most: Annotated[int, msgspec.Meta(ge=1, le=300)] = 100
    least: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.3
    dtype: Literal["float32"] = "float32"


class ReadingModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reads a straightened line column by column: ``output`` names (1, t, classes) ``likelihoods``, or ``logits``.

    ``blank`` is the class that stands for no character; the others are ``characters``, in their order. ``begins`` says where a
    line of that script begins: at the ``right``, columns come in the order of the eye and are put into the order of writing.
    Up to ``most`` lines a picture with a confidence of at least ``least``, those that say most.
    """

    file: FileName
    sha256: Sha256
    input: Tensor
    output: Tensor
    characters: Annotated[tuple[Character, ...], msgspec.Meta(min_length=1, max_length=30_000)]
    blank: Annotated[int, msgspec.Meta(ge=0, le=30_000)] = 0
    gives: Literal["likelihoods", "logits"] = "likelihoods"
    begins: Literal["left", "right"] = "left"
    most: Annotated[int, msgspec.Meta(ge=1, le=200)] = 60
    least: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.6
    dtype: Literal["float32"] = "float32"


class SoundModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One vector, (1, dim), for each stretch of ``window`` samples, (1, window) of -1 to 1 at ``rate`` a second, one channel;
    stretches begin every ``hop`` samples, within the first ``seconds``.
    """

    file: FileName
    sha256: Sha256
    input: Tensor
    output: Tensor
    dim: Dimensions
    rate: Annotated[int, msgspec.Meta(ge=4000, le=48_000)]
    window: Annotated[int, msgspec.Meta(ge=400, le=2_880_000)]
    hop: Annotated[int, msgspec.Meta(ge=400, le=2_880_000)]
    seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 600
    dtype: Literal["float32"] = "float32"

    @property
    def stretches(self) -> int:
        """How many there are at most."""
        return 1 + (self.seconds * self.rate - self.window) // self.hop


class SoundTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A made stretch, ``numpy.random.default_rng(seed).uniform(-1, 1, window)``, and the first eight numbers of its vector."""

    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
    first8: Annotated[tuple[float, ...], msgspec.Meta(min_length=8, max_length=8)]
    atol: Annotated[float, msgspec.Meta(gt=0, le=0.05)] = 0.001


class MatcherInputs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of inputs: (1, n, 2) places and (1, n, d) codes of both pictures, float32."""

    keypoints0: Tensor = "keypoints0"
    keypoints1: Tensor = "keypoints1"
    descriptors0: Tensor = "descriptors0"
    descriptors1: Tensor = "descriptors1"


class MatcherModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Matches the features of one local plug-in. ``output`` names its (m, 2) integer rows of both, with or without a leading 1.

    ``places``: in full pixels of the picture; ``centred``, from its middle, in halves of its longer side; or ``unit``, from -1
    to 1 across the picture.
    """

    file: FileName
    sha256: Sha256
    features: Sha256
    """SHA-256 of the ``plugin.json`` whose features it was made for."""
    inputs: MatcherInputs = MatcherInputs()
    output: Tensor = "matches"
    places: Literal["pixels", "centred", "unit"] = "centred"


class MatcherTest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Features drawn by ``seed``, the same in another order in the second picture, and the first eight pairs that must come."""

    seed: Annotated[int, msgspec.Meta(ge=0, lt=1 << 32)]
    first8: Annotated[tuple[tuple[int, int], ...], msgspec.Meta(min_length=8, max_length=8)]


class _Plugin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    schema: Literal["descriptor-plugin/1"]
    id: Identifier
    version: Version
    purpose: Annotated[tuple[Purpose, ...], msgspec.Meta(min_length=1, max_length=2)]
    licence: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=rf"^[^{_UNSEEN}]*\Z")]
    calibration: None = None
    """A ratio that comes with a model is not taken: this version fits none. What it says may rank and adds nothing else."""


class GlobalPlugin(_Plugin, frozen=True, tag="global", kw_only=True):
    """One vector a picture."""

    model: GlobalModel
    preprocess: Preprocess
    selftest: SelfTest
    post: Post = Post()
    regions: Regions = Regions()


class LocalPlugin(_Plugin, frozen=True, tag="local", kw_only=True):
    """Features with places; a part of a picture is asked about by the features in it."""

    model: LocalModel
    preprocess: Preprocess
    selftest: SelfTest
    post: Post = Post()
    regions: Regions = Regions(supported=True)


class DetectorPlugin(_Plugin, frozen=True, tag="detector", kw_only=True):
    """Things with a name and a box; pictures are asked for by the name."""

    model: DetectorModel
    preprocess: Preprocess
    selftest: SelfTest


class ReadingPlugin(_Plugin, frozen=True, tag="ocr-rec", kw_only=True):
    """Reads lines of print that are found without it, in scripts that the built-in network does not know."""

    model: ReadingModel
    preprocess: Strips
    selftest: SelfTest


class SoundPlugin(_Plugin, frozen=True, tag="audio", kw_only=True):
    """What stretches of a clip sound like: a room, a machine, a song. Nobody is known by a voice: there is no such purpose."""

    model: SoundModel
    selftest: SoundTest


class MatcherPlugin(_Plugin, frozen=True, tag="matcher", kw_only=True):
    """Says which features of two pictures are of one point; it measures nothing itself."""

    model: MatcherModel
    selftest: MatcherTest


Viewing = GlobalPlugin | LocalPlugin | DetectorPlugin
"""Those that look at whole pictures."""
Measuring = Viewing | ReadingPlugin | SoundPlugin
"""Those that are asked about items when a case is processed."""
Plugin = Measuring | MatcherPlugin
_decode = msgspec.json.Decoder(Plugin).decode


def read_manifest(text: bytes) -> Plugin:
    """Check and decode a ``plugin.json``.

    Raises:
        PluginRefused: it is too large, no JSON, or says something that the contract does not have.
    """
    if len(text) > LARGEST_MANIFEST:
        raise PluginRefused(f"a {MANIFEST} of more than {LARGEST_MANIFEST >> 10} KiB is none")
    try:
        plugin: Plugin = _decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PluginRefused(f"{MANIFEST} is not as it must be: {error}") from error
    if len(set(plugin.purpose)) != len(plugin.purpose):
        raise PluginRefused(f"{MANIFEST} names a purpose twice")
    if isinstance(plugin, Viewing):
        _check_picture(plugin)
    elif isinstance(plugin, ReadingPlugin) and plugin.model.blank > len(plugin.model.characters):
        raise PluginRefused(f"{MANIFEST} names a blank beyond its characters")
    elif isinstance(plugin, SoundPlugin):
        _check_sound(plugin)
    return plugin


def _check_picture(plugin: Viewing) -> None:
    if 0.0 in plugin.preprocess.std:
        raise PluginRefused(f"{MANIFEST} divides by a std of 0")
    if isinstance(plugin, GlobalPlugin) and plugin.post.metric != "cosine":
        raise PluginRefused("vectors of whole pictures are compared by their cosine alone")
    if isinstance(plugin, LocalPlugin) and plugin.model.dim < 6:
        raise PluginRefused("codes of fewer than 6 values are none")
    if isinstance(plugin, DetectorPlugin) and len(set(plugin.model.labels)) != len(plugin.model.labels):
        raise PluginRefused(f"{MANIFEST} names a label twice")
    if isinstance(plugin, DetectorPlugin) and (odd := sorted({*plugin.model.states} - {*plugin.model.labels})):
        raise PluginRefused(f"{MANIFEST} says what {odd[0]!r} states, which is none of its labels")


def _check_sound(plugin: SoundPlugin) -> None:
    how = plugin.model
    if how.dim < 8:
        raise PluginRefused("vectors of fewer than 8 numbers are none")
    if how.window > how.seconds * how.rate or how.window > LONGEST_WINDOW * how.rate:
        raise PluginRefused(f"a window is no longer than the sound that is taken, nor than {LONGEST_WINDOW} seconds")
    if how.stretches * (4 + how.dim) > LARGEST_SOUND:
        raise PluginRefused(f"its stretches would take more than {LARGEST_SOUND >> 10} KiB a clip: a longer hop is needed")


def digest(text: bytes) -> str:
    """By what a plug-in is known: the SHA-256 of its ``plugin.json``."""
    return hashlib.sha256(text).hexdigest()


def value_width(plugin: Plugin) -> int:
    """Bytes that it keeps of a picture; 0 of a matcher."""
    if isinstance(plugin, LocalPlugin):
        return HEAD_BYTES + plugin.model.most * (8 + plugin.model.dim)
    if isinstance(plugin, DetectorPlugin):
        return HEAD_BYTES + plugin.model.most * BOX_BYTES
    if isinstance(plugin, ReadingPlugin):
        return HEAD_BYTES + plugin.model.most * (LINE_BYTES + LETTER_BYTES)
    if isinstance(plugin, SoundPlugin):
        return 4 + plugin.model.stretches * (4 + plugin.model.dim)
    return plugin.model.dim if isinstance(plugin, GlobalPlugin) else 0


def value_name(plugin: Plugin, known_as: str) -> str:
    """The name under which what it says is kept; another file is another name, whatever it calls itself."""
    return f"plugin-{plugin.id}-{known_as[:32]}"
