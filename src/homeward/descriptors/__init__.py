"""What one picture says, measured. One file a descriptor; each sees sound grey pixels and knows nothing else."""

from __future__ import annotations

import importlib
from functools import cache
from typing import cast

from homeward.core.errors import WrongUse
from homeward.descriptors.base import Description, Descriptor, params_digest

REGISTRY = {
    "pdq": "homeward.descriptors.pdq:Pdq",  # copy hash shared by hotlines and platforms
    "pdq_turned": "homeward.descriptors.pdq_turned:PdqTurned",  # the same of its seven other orientations
    "pdq_trimmed": "homeward.descriptors.pdq_trimmed:PdqTrimmed",  # the same without borders, bars and screens around it
    "scene": "homeward.descriptors.scene:Scene",  # local features: copies and scenes in a part of a picture
}
"""Name to ``module:class``, in the order in which they are computed; imported when first asked for."""


@cache
def descriptor(name: str) -> Descriptor:
    """The descriptor called ``name``.

    Raises:
        WrongUse: there is none of that name.
    """
    if name not in REGISTRY:
        raise WrongUse(f"there is no descriptor {name!r}; there are: {', '.join(REGISTRY)}")
    module, kind = REGISTRY[name].split(":")
    return cast("Descriptor", getattr(importlib.import_module(module), kind)())


__all__ = ["REGISTRY", "Description", "Descriptor", "descriptor", "params_digest"]
