"""Steps are data, and their keys name everything that a result depends on."""

from __future__ import annotations

import importlib

from homeward.descriptors import descriptor
from homeward.descriptors.header import VERSION
from homeward.flow.steps import DESCRIBE, STEPS
from homeward.flow.tasks.measuring import DESCRIPTORS
from homeward.media.veil import HEIGHT, WIDTH


def test_the_describing_step_names_every_descriptor_with_its_version() -> None:
    named = [f"{name} {descriptor(name).version}" for name in DESCRIPTORS]
    assert DESCRIBE.params == {"descriptors": named, "veil": [WIDTH, HEIGHT], "header": VERSION}


def test_every_step_can_be_called_and_has_a_caption() -> None:
    for step in STEPS:
        module, function = step.function.split(":")
        assert callable(getattr(importlib.import_module(module), function))
        assert step.caption
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_another_version_or_parameter_is_another_key() -> None:
    import msgspec

    other = msgspec.structs.replace(DESCRIBE, params={"descriptors": ["pdq 0"], "veil": [24, 18]})
    assert other.params_digest != DESCRIBE.params_digest
