"""What a locked worker does with one still: decode once, then everything that is measured from that decode."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from homeward.flow.tasks import heading
from homeward.flow.tasks.handed import still_bytes
from homeward.flow.tasks.measuring import rehearse, values
from homeward.flow.units import Described, Order, Sighting
from homeward.media import metadata, stills, thumbnail
from homeward.media.records import DecodeFailed, Still
from homeward.media.veil import veil

STILL = -1
"""Time of a still's only picture, in milliseconds."""

_encode = msgspec.msgpack.Encoder().encode
_order = msgspec.msgpack.Decoder(Order).decode


def warm_up() -> None:
    """Load every decoder and compile what is compiled."""
    stills.warm_up()
    metadata.warm_up()
    heading.warm_up()
    rehearse()


def describe(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """One :class:`Described` for the still behind the descriptor."""
    order = _order(payload)
    try:
        data = still_bytes(order, fds[0])
        still = stills.decode_still(data)
    except DecodeFailed as error:
        yield _encode(Described(order.item, failure=str(error)))
        return
    yield _encode(_describe(order.item, data, still))


def _describe(item: int, data: bytes, still: Still) -> Described:
    facts = metadata.read_metadata(data)
    head, layout = heading.of_still(data, facts)
    sound = still.sound()
    picture = Sighting(
        STILL,
        veil(still.grey[: still.sound_rows], still.orientation, still.grey.shape),
        values(sound) if sound is not None else {},
    )
    told = {
        "frames": still.frames,
        "orientation": still.orientation,
        "decoder": f"{still.format.lower()} 1/{still.reduction}",
        "metadata": msgspec.to_builtins(facts),
        "header": layout,
    }
    return Described(
        item,
        format=still.format,
        width=still.width,
        height=still.height,
        missing=still.damage.missing if still.damage else 0,
        damage=still.damage.reason if still.damage else "",
        other_preview=_other_preview(data, still),
        heading=head,
        facts=told,
        pictures=(picture,),
    )


def _other_preview(data: bytes, still: Still) -> str:
    """Why the embedded preview is worth a look, empty where there is none or it shows the same."""
    if still.format != "JPEG" or still.damage is not None:
        return ""
    preview = thumbnail.embedded_preview(data)
    compared = thumbnail.compare(still.grey, preview) if preview is not None else None
    if compared is None or not compared.differs:
        return ""
    share = f"{compared.share / 10:.0f} % of it" if compared.share >= 10 else "a small part of it"
    what = f"{share} is not in the picture" if compared.difference > thumbnail.MOST_DIFFERENT else "its tone is another"
    return f"the embedded preview shows something else: {what}; the picture was cropped or edited"
