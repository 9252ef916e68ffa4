"""How much of a JPEG can be shown to be sound, before a pixel is decoded.

Decoders go on after an error and fill the rest with something plausible; what they say about it is a warning, or nothing.
Here every Huffman code is walked instead (:mod:`homeward.media.jpeg_scan`), and the first contradiction ends the sound part.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.media import jpeg_scan
from homeward.media.jpeg_structure import Broken, CutShort, Frame, HuffmanBits, Scan, Skeleton
from homeward.media.records import DecodeFailed, TooLarge

MOST_VISITS = 400_000_000
"""Blocks that all scans together may visit: some seconds of decoding. A file of a few kilobytes can ask for days."""
_GREATEST_DC = 1280
"""No encoder of 8-bit samples exceeds 1024 (T.81, A.3.3); a quarter more is left for edits made on coefficients."""


class Verdict(msgspec.Struct, frozen=True):
    """What the walk found."""

    frame: Frame
    sound_rows: int
    """Leading full-size rows that are sound, ``frame.height`` if all are."""
    reason: str | None
    """A plain clause; None where nothing is wrong."""
    walked: bool
    """Whether every code was read; False for kinds of JPEG that have no walk here (arithmetic, lossless)."""
    end: int
    """Bytes to hand to a decoder: what follows is broken refinement, or no part of the picture."""
    buffered: bool
    """Whether a decoder must hold the coefficients of the whole picture at once."""


def check(data: bytes | memoryview) -> Verdict:
    """Walk the whole file.

    Raises:
        DecodeFailed: no scan is reached at all.
        TooLarge: the scans would visit more than :data:`MOST_VISITS` blocks.
    """
    skeleton = Skeleton(data)
    try:
        scan = skeleton.next_scan()
    except Broken as error:
        raise DecodeFailed(f"this JPEG cannot be decoded: {error}") from error
    if scan is None or skeleton.frame is None:
        raise DecodeFailed("this JPEG holds no picture data")
    if not skeleton.frame.huffman or not _has_tables(skeleton.frame, scan):
        return _unwalked(skeleton, skeleton.frame)
    return _Walk(data, skeleton, skeleton.frame).run(scan)


class _Walk:
    """The walk of one file, scan by scan, with what each leaves behind for the next."""

    def __init__(self, data: bytes | memoryview, skeleton: Skeleton, frame: Frame) -> None:
        self.data = np.frombuffer(data, np.uint8)
        self.skeleton, self.frame = skeleton, frame
        self.known: dict[int, NDArray[np.uint64]] = {}
        self.started: set[int] = set()
        self.visits = 0
        self.scans = 0

    def run(self, scan: Scan | None) -> Verdict:
        """Walk ``scan`` and all that follow."""
        frame = self.frame
        while scan is not None:
            self.scans += 1
            self._count(scan)
            try:
                how, unit, verified, at = self._scan(scan)
            except Broken as error:
                return self._stop(scan, 0, f"{error}")
            if how != jpeg_scan.SOUND:
                return self._fault(scan, how, unit, verified)
            self.started.update(scan.components)
            self.skeleton.at = at
            try:
                scan = self.skeleton.next_scan()
            except Broken as error:
                return self._verdict(frame.height, self._ending(error), self.skeleton.at)
        missing = set(range(len(frame.components))) - self.started
        reason = "a colour plane is missing" if missing else None
        return self._verdict(0 if 0 in missing else frame.height, reason, self.skeleton.at)

    def _count(self, scan: Scan) -> None:
        columns, rows = self.frame.units
        per_unit = sum(self.frame.components[i].horizontal * self.frame.components[i].vertical for i in scan.components)
        self.visits += columns * rows * per_unit
        if self.visits > MOST_VISITS:
            raise TooLarge(f"it asks for more than {MOST_VISITS // 1_000_000} million decoding steps")

    def _scan(self, scan: Scan) -> tuple[int, int, int, int]:
        frame = self.frame
        if frame.progressive and scan.first > 0:
            return self._band(scan)
        blocks, tables = _plan(frame, scan)
        units = _units(frame, scan)
        if not frame.progressive:
            return jpeg_scan.walk_sequential(self.data, scan.start, tables, blocks, units, scan.interval)
        refines = scan.high > 0
        return jpeg_scan.walk_progressive_dc(self.data, scan.start, tables, blocks, units, scan.interval, refines)

    def _band(self, scan: Scan) -> tuple[int, int, int, int]:
        (index,) = scan.components if len(scan.components) == 1 else (None,)
        if index is None or not scan.first <= scan.last <= 63 or scan.ac[0] is None:
            raise Broken("a scan header is broken")
        if index not in self.known:
            self.known[index] = np.zeros(_units(self.frame, scan), np.uint64)
        table = _expanded(((True, scan.ac[0]),))[0]
        return jpeg_scan.walk_progressive_ac(
            self.data, scan.start, table, self.known[index], scan.interval, scan.first, scan.last, scan.high > 0
        )

    def _fault(self, scan: Scan, how: int, unit: int, verified: int) -> Verdict:
        cut = how == jpeg_scan.CUT
        rows = _rows(self.frame, scan, unit if cut else verified)
        share = 100 * unit // _units(self.frame, scan)
        return self._stop(scan, rows, f"the file ends after {share} % of the picture" if cut else "broken data")

    def _stop(self, scan: Scan, rows: int, reason: str) -> Verdict:
        """A scan that carries the picture itself ends the sound part; one that adds to it is left out, and so are later ones."""
        adds = 0 not in scan.components if not self.frame.progressive else 0 in self.started
        if not adds:
            return self._verdict(rows, reason, len(self.data))
        return self._verdict(self.frame.height, "detail or colour is missing", scan.header)

    def _ending(self, error: Broken) -> str:
        return str(error)

    def _verdict(self, rows: int, reason: str | None, end: int) -> Verdict:
        buffered = self.frame.progressive or self.scans > 1 or len(self.frame.components) > len(self.started)
        return Verdict(self.frame, rows, reason, walked=True, end=end, buffered=buffered)
