"""What a locked worker does with the plug-in of an agency: one picture, one pair, or the self-test.

The manifest comes with the order and the model by a descriptor; both are foreign bytes. A worker keeps the model that it was
asked with last, so that it is loaded once; workers are shared by no two plug-ins.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors import plugin_model
from homeward.descriptors.base import Description
from homeward.descriptors.plugin import (
    LARGEST_MODEL,
    LocalPlugin,
    MatcherPlugin,
    Measuring,
    Plugin,
    PluginRefused,
    digest,
    read_manifest,
    value_name,
)
from homeward.descriptors.plugin_features import unpack
from homeward.descriptors.plugin_model import Model, made_features
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.tasks.stills import STILL
from homeward.flow.units import VEIL, Described, Order, Paired, PairOrder, Sighting, Trial, Tried
from homeward.media import colour, stills
from homeward.media.records import DecodeFailed
from homeward.sandbox import ByteRange

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode
_trial = msgspec.msgpack.Decoder(Trial).decode
_pair = msgspec.msgpack.Decoder(PairOrder).decode
_held: dict[bytes, tuple[Plugin, Model]] = {}


def warm_up() -> None:
    """Load every decoder and the runtime of models."""
    stills.warm_up()
    colour.warm_up()
    plugin_model.rehearse()


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with what the plug-in says of the still behind the first descriptor."""
    order = _order(payload)
    try:
        plugin, model = loaded(order.plugin, fds[1])
        pixels, orientation = colour.stored_colour(still_bytes(order, fds[0]))
        said, _ = model.describe(_part(pixels, order.box), orientation)
    except (DecodeFailed, PluginRefused) as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(told(order, plugin, said))


def told(order: Order, plugin: Plugin, said: Description) -> Described:
    """The answer of a worker that a plug-in said something of an item; its veil is blank."""
    name = value_name(plugin, digest(order.plugin))
    return Described(order.item, pictures=(Sighting(STILL, bytes(VEIL), {name: (said.quality, said.value)}),))


def match(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Paired`."""
    order = _pair(payload)
    try:
        _, model = loaded(order.manifest, fds[0])
        features = read_manifest(order.features)
        assert isinstance(features, LocalPlugin), "a matcher is registered only beside the features that it matches"
        rows = model.match(unpack(order.a, features), unpack(order.b, features))
    except PluginRefused as error:
        yield _encode(Paired(refused=str(error)))
        return
    yield _encode(Paired(tuple(rows[:, 0].tolist()), tuple(rows[:, 1].tolist())))


def selftest(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Tried`: whether the plug-in does what its manifest promises, twice the same."""
    order = _trial(payload)
    try:
        plugin, model = loaded(order.manifest, fds[0])
        if isinstance(plugin, MatcherPlugin):
            _try_matching(plugin, model, order.features)
        else:
            _try_measuring(plugin, model)
    except PluginRefused as error:
        yield _encode(Tried(str(error)))
        return
    yield _encode(Tried())


def loaded(manifest: bytes, fd: int) -> tuple[Plugin, Model]:
    """The plug-in of a manifest with its model, which lies behind ``fd``; loaded once.

    Raises:
        PluginRefused: either is not as it must be.
    """
    if manifest not in _held:
        _held.clear()
        plugin = read_manifest(manifest)
        size = os.fstat(fd).st_size
        if size > LARGEST_MODEL:
            raise PluginRefused(f"a model of more than {LARGEST_MODEL >> 20} MiB is not taken")
        _held[manifest] = plugin, Model(plugin, ByteRange(fd, 0, size).at(0, size))
    return _held[manifest]


def _part(pixels: NDArray[np.uint8], box: tuple[int, int, int, int] | None) -> NDArray[np.uint8]:
    if box is None:
        return pixels
    left, top, width, height = box
    part = pixels[top : top + height, left : left + width]
    if not part.size:
        raise PluginRefused("the region lies outside of the picture")
    return part


def _try_measuring(plugin: Measuring, model: Model) -> None:
    said, first = model.tried()
    if model.tried()[0] != said:
        raise PluginRefused("the self-test failed: the same picture gives another result the second time")
    wanted = np.array(plugin.selftest.first8)
    if first.shape != wanted.shape or not np.allclose(first, wanted, rtol=0, atol=plugin.selftest.atol):
        got = ", ".join(f"{value:.5f}" for value in first)
        raise PluginRefused(f"the self-test failed: the manifest promises other numbers than came out ({got})")


def _try_matching(plugin: MatcherPlugin, model: Model, beside: bytes) -> None:
    features = read_manifest(beside)
    if not isinstance(features, LocalPlugin) or digest(beside) != plugin.model.features:
        raise PluginRefused("the features that it matches are not those of a local plug-in here")
    a, b = made_features(plugin, features)
    found = model.match(a, b)
    if not np.array_equal(found, model.match(a, b)):
        raise PluginRefused("the self-test failed: the same pair gives another result the second time")
    if found[:8].tolist() != [list(pair) for pair in plugin.selftest.first8]:
        raise PluginRefused(f"the self-test failed: the manifest promises other pairs than came out ({found[:8].tolist()})")
