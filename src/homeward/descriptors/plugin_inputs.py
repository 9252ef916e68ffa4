"""How pictures and lines become the input of a plug-in's model: the parts of the manifest that say so."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Side = Annotated[int, msgspec.Meta(ge=16, le=2048)]
Triple = tuple[float, float, float]


class Resize(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``shortest`` and ``longest``: that side becomes ``size``; ``exact``: both do; ``longest_pad``: black fills the square."""

    mode: Literal["shortest", "longest", "longest_pad", "exact"]
    size: Side
    interp: Literal["nearest", "linear", "cubic"] = "linear"
    antialias: bool = True
    """Whether a picture that shrinks is smoothed before."""


class Crop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``center`` cuts ``size`` (height, width) out of the middle; a side that is shorter is kept."""

    mode: Literal["none", "center"] = "none"
    size: tuple[Side, Side] = (224, 224)


class Preprocess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From a picture to the model's input: turned upright, resized, cropped, filled up, then (value x scale - mean) / std."""

    resize: Resize
    orient: Literal["exif", "stored"] = "exif"
    color: Literal["RGB", "BGR", "grey"] = "RGB"
    crop: Crop = Crop()
    scale: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1 / 255
    mean: Triple = (0.0, 0.0, 0.0)
    std: Triple = (1.0, 1.0, 1.0)
    layout: Literal["NCHW", "NHWC"] = "NCHW"
    multiple_of: Annotated[int, msgspec.Meta(ge=1, le=128)] = 1
    """Black is added below and on the right up to a multiple of it."""


class Regions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a part of a picture can be asked about: at least so many pixels a side, with that share of it around."""

    supported: bool = False
    min_side: Annotated[int, msgspec.Meta(ge=1, le=4096)] = 48
    pad: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class Strips(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From a straightened line to (1, channels, height, w): grey in every channel, (value x scale - mean) / std."""

    height: Annotated[int, msgspec.Meta(ge=8, le=128)]
    channels: Literal[1, 3] = 3
    scale: Annotated[float, msgspec.Meta(gt=0, le=1)] = 1 / 255
    mean: float = 0.0
    std: Annotated[float, msgspec.Meta(gt=0)] = 1.0
