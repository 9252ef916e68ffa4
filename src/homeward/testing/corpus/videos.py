"""Clips whose boxes lie (ISO/IEC 14496-12), and headers of other containers with nothing behind them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from homeward.testing.corpus.patching import put
from homeward.testing.corpus.records import HostileFile
from homeward.testing.corpus.samples import HEIGHT, WIDTH
from homeward.testing.encoding import film
from homeward.testing.scenes import room

_NESTING = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts", b"udta")


def lying_clips(seed: int) -> Iterator[HostileFile]:
    """Hostile MP4, AVI, Matroska, MPEG and FLV files."""
    wide = room(seed, WIDTH + 20, HEIGHT)
    clip = film([wide[:, at : at + WIDTH] for at in range(0, 20, 2)])
    for name, data in {**_sizes(clip), **_counts(clip), **_shapes(clip)}.items():
        yield HostileFile(f"mp4-{name}.mp4", data, "any", "video")
    for name, data in _others().items():
        yield HostileFile(f"clip-{name}", data, "any", "video")


def box(kind: bytes, data: bytes) -> bytes:
    """A box with its true size."""
    return struct.pack(">I", len(data) + 8) + kind + data


def _sizes(clip: bytes) -> dict[str, bytes]:
    found = {}
    for kind in (b"moov", b"mdat", b"trak", b"stsz", b"stco", b"mdhd"):
        at = clip.index(kind) - 4
        for size in (0, 2, 2**31 - 1, 2**32 - 1):
            found[f"{kind.decode()}-size-{size}"] = put(clip, at, ">I", size)
    at = clip.index(b"mdat") - 4
    for name, size in (("64-bit", 2**63), ("64-bit-all", 2**64 - 1), ("64-bit-of-3", 3)):
        found[f"mdat-{name}"] = clip[:at] + struct.pack(">I4sQ", 1, b"mdat", size) + clip[at + 8 :]
    return found


def _counts(clip: bytes) -> dict[str, bytes]:
    def at(kind: bytes, offset: int) -> int:
        return clip.index(kind) + 4 + offset

    return {
        "samples-4294967295": put(clip, at(b"stsz", 8), ">I", 2**32 - 1),
        "samples-same-size": put(clip, at(b"stsz", 4), ">II", 1, 2**31 - 1),
        "sample-4294967295": put(clip, at(b"stsz", 12), ">I", 2**32 - 1),
        "chunks-4294967295": put(clip, at(b"stco", 4), ">I", 2**32 - 1),
        "chunk-beyond": put(clip, at(b"stco", 8), ">I", 2**32 - 1),
        "chunk-on-table": put(clip, at(b"stco", 8), ">I", clip.index(b"stco")),
        "durations-4294967295": put(clip, at(b"stts", 8), ">II", 2**32 - 1, 1),
        "duration-of-frame": put(clip, at(b"stts", 12), ">I", 2**32 - 1),
        "timescale-0": put(clip, at(b"mdhd", 12), ">I", 0),
        "timescale-4294967295": put(clip, at(b"mdhd", 12), ">I", 2**32 - 1),
        "duration-4294967295": put(put(clip, at(b"mdhd", 16), ">I", 2**32 - 1), at(b"mvhd", 16), ">I", 2**32 - 1),
        "size-65535": put(clip, at(b"tkhd", 76), ">II", 65535 << 16, 65535 << 16),
        "coded-size-65535": put(clip, at(b"mp4v", 24), ">HH", 65535, 65535),
        "entries-4294967295": put(clip, at(b"stsd", 4), ">I", 2**32 - 1),
        "codec-unknown": clip.replace(b"mp4v", b"zzzz"),
        "codec-h264": clip.replace(b"mp4v", b"avc1"),
        "handler-unknown": clip.replace(b"vide", b"\0\0\0\0"),
    }


def _shapes(clip: bytes) -> dict[str, bytes]:
    index = clip.index(b"moov") - 4
    front = clip.index(b"ftyp") - 4
    brands = clip[front : front + int.from_bytes(clip[front : front + 4], "big")]
    moov = clip[index:]
    nested = b""
    for depth in range(3000):
        nested = box(_NESTING[depth % len(_NESTING)], nested)
    return {
        "index-missing": clip[:index],
        "index-only": brands + moov,
        "index-50-times": clip + moov * 50,
        "index-in-itself": brands + box(b"moov", moov + moov),
        "nested-3000": brands + nested,
        "boxes-100000": brands + box(b"free", b"") * 100_000 + clip[len(brands) :],
        "tracks-400": brands + box(b"moov", moov[8:116] + moov[116:] * 400),
        "brands-only": brands,
        "brands-of-1-mib": box(b"ftyp", b"isom" * (1 << 18)) + clip[len(brands) :],
        "name-1-mib": clip + box(b"udta", box(b"\xa9nam", struct.pack(">HH", 65535, 0) + b"n" * (1 << 20))),
        "frames-random": clip[: clip.index(b"mdat") + 4] + bytes((at * 197 + at // 7) % 256 for at in range(4000)) + moov,
    }


def _others() -> dict[str, bytes]:
    avi = b"RIFF" + struct.pack("<I", 2**32 - 1) + b"AVI LIST" + struct.pack("<I", 2**32 - 1) + b"hdrlavih" + b"\xff" * 60
    ebml = bytes.fromhex("1a45dfa3a3428681014282886d6174726f736b6142878104428581021853806701ffffffffffffff")
    return {
        "riff.avi": avi,
        "junk.avi": b"RIFF" + struct.pack("<I", 400_000) + b"AVI " + b"JUNK\0\0\0\0" * 50_000,
        "unknown-size.mkv": ebml + bytes.fromhex("1549a96601ffffffffffffff") * 2000,
        "cluster-ring.mkv": ebml + bytes.fromhex("114d9b748c4dbb8953ab841654ae6b53ac8100") * 500,
        "packs.mpg": bytes.fromhex("000001ba44000400040100000301f8") * 20_000,
        "sync.ts": (b"\x47\x40\0\x10" + b"\xff" * 184) * 2000,
        "tags.flv": b"FLV\x01\x05\0\0\0\x09\0\0\0\0" + b"\x09\xff\xff\xff\0\0\0\0\0\0\0" * 500,
        "object.wmv": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + b"\xff" * 600,
    }
