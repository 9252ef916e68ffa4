"""What a locked worker does to read one still with the plug-in of an agency."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.descriptors import plugin_model, text
from homeward.descriptors.plugin import PluginRefused, ReadingPlugin
from homeward.descriptors.plugin_lines import lines_of
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.tasks.plugins import loaded, told
from homeward.flow.tasks.text import still_to_read
from homeward.flow.units import Described, Order
from homeward.media import stills
from homeward.media.records import DecodeFailed

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder, what finds lines and the runtime of models."""
    stills.warm_up()
    text.rehearse()
    plugin_model.rehearse()


def measure(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` with what the plug-in reads in the still behind the first descriptor."""
    order = _order(payload)
    try:
        plugin, model = loaded(order.plugin, fds[1])
        assert isinstance(plugin, ReadingPlugin), "only those that read are asked to"
        still = still_to_read(still_bytes(order, fds[0]))
        sound = still.sound()
        if sound is None:
            raise DecodeFailed("no part of it can be decoded")
        said = lines_of(plugin, model.columns, sound, still.orientation)
    except (DecodeFailed, PluginRefused) as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(told(order, plugin, said))
