"""What a locked worker does to hear one clip with the plug-in of an agency."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.descriptors import plugin_model
from homeward.descriptors.plugin import PluginRefused, SoundModel, SoundPlugin
from homeward.descriptors.plugin_model import Model
from homeward.descriptors.plugin_sound import Samples, stretches_of
from homeward.flow.tasks.handed import clip_source
from homeward.flow.tasks.plugins import loaded, told
from homeward.flow.units import Described, Order
from homeward.media import sound
from homeward.media.records import DecodeFailed
from homeward.sandbox import ByteRange, alive

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder of sound and the runtime of models."""
    sound.warm_up()
    plugin_model.rehearse()


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with what the plug-in says of the sound of the clip behind the first descriptor."""
    order = _order(payload)
    try:
        plugin, model = loaded(order.plugin, fds[1])
        assert isinstance(plugin, SoundPlugin), "only those that listen are asked to"
        said = stretches_of(plugin, _heard(model), _sound(clip_source(order, fds[0]), plugin.model))
    except (DecodeFailed, PluginRefused) as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(told(order, plugin, said))


def _heard(model: Model) -> Callable[[Samples], NDArray[np.float64]]:
    def heard(stretch: Samples) -> NDArray[np.float64]:
        alive()
        return model.heard(stretch)

    return heard


def _sound(source: ByteRange, how: SoundModel) -> Samples:
    """As much as the plug-in takes, from the first picture on, minute by minute."""
    parts: list[Samples] = []
    for begin in range(0, how.seconds, sound.SECONDS):
        wanted = min(sound.SECONDS, how.seconds - begin)
        try:
            parts.append(sound.hear(source, how.rate, 1000 * begin, wanted))
        except DecodeFailed:
            if not parts:
                raise
            break
        if len(parts[-1]) < wanted * how.rate:
            break
        alive()
    return np.concatenate(parts)
