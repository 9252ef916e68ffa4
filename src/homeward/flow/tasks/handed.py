"""The bytes that a locked worker was handed: those that were registered, or none."""

from __future__ import annotations

import hashlib

from homeward.flow.units import CHANGED, Order
from homeward.media.records import DecodeFailed
from homeward.sandbox import ByteRange, alive

LARGEST_FILE = 512 << 20
"""Bytes of a still picture file; larger ones are not read into memory."""


def still_bytes(order: Order, fd: int) -> bytes:
    """The ``order.size`` bytes at ``order.offset`` of ``fd``.

    Raises:
        DecodeFailed: more than :data:`LARGEST_FILE`, or other bytes than were registered.
    """
    if order.size > LARGEST_FILE:
        raise DecodeFailed(f"a picture file of {order.size >> 20} MiB is larger than is read")
    data = bytes(ByteRange(fd, order.offset, order.size).at(0, order.size))
    if hashlib.sha256(data).hexdigest() != order.sha256:
        raise DecodeFailed(CHANGED)
    return data


def clip_source(order: Order, fd: int) -> ByteRange:
    """The ``order.size`` bytes at ``order.offset`` of ``fd``, read once, with signs of life: a film of many gigabytes on a slow
    disk takes minutes.

    Raises:
        DecodeFailed: other bytes than were registered.
    """
    source = ByteRange(fd, order.offset, order.size)
    digest = hashlib.sha256()
    while data := source.read(1 << 20):
        digest.update(data)
        alive()
    if digest.hexdigest() != order.sha256:
        raise DecodeFailed(CHANGED)
    source.seek(0)
    return source
