"""The Merkle tree of RFC 6962 and RFC 9162: hashes, roots and proofs, without I/O.

A leaf is SHA-256(0x00 || entry), a node SHA-256(0x01 || left || right) (RFC 9162, section 2.1.1). A *hash source*
gives the root of the complete subtree ``(level, index)``: level 0 are the leaves, level *n* covers 2**n of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
HashSource = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Hash of a leaf (32 bytes)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node (32 bytes)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: the complete subtrees whose roots make up the whole, largest first.

    Appending costs two hashes on average and memory for at most 64.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if size.bit_count() != len(peaks):
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks, not {len(peaks)}")
        self.size = size
        self._peaks = list(peaks)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; return every subtree that it completes as (level, index, hash), the leaf first."""
        level, index, digest = 0, self.size, leaf
        completed = [(level, index, digest)]
        while index & 1:
            level, index, digest = level + 1, index >> 1, node_hash(self._peaks.pop(), digest)
            completed.append((level, index, digest))
        self._peaks.append(digest)
        self.size += 1
        return completed

    def copy(self) -> Frontier:
        """One that grows on its own from here."""
        return Frontier(self.size, self._peaks)

    def root(self) -> bytes:
        """Root of everything appended so far."""
        if not self._peaks:
            return EMPTY_ROOT
        digest = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            digest = node_hash(peak, digest)
        return digest


def peaks(size: int) -> list[tuple[int, int]]:
    """Complete subtrees (level, index) that make up a tree of ``size`` leaves, largest first."""
    found = []
    begin = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, begin >> level))
            begin += 1 << level
    return found


def range_root(begin: int, end: int, source: HashSource) -> bytes:
    """Root of leaves ``begin`` to ``end`` as RFC 9162 defines MTH over that range; ``begin`` is aligned as the proofs need."""
    count = end - begin
    if count & (count - 1) == 0 and begin % count == 0:
        level = count.bit_length() - 1
        return source(level, begin >> level)
    split = _split(count)
    return node_hash(range_root(begin, begin + split, source), range_root(begin + split, end, source))


def inclusion_proof(index: int, size: int, source: HashSource) -> list[bytes]:
    """Proof that leaf ``index`` lies in the tree of ``size`` leaves (RFC 9162, section 2.1.3.1).

    Raises:
        ValueError: no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"no entry {index} in a log of {size}")
    return _path(index, 0, size, source)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that ``leaf`` is entry ``index`` of the tree with ``root`` (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    first, last, digest = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if first & 1 or first == last:
            digest = node_hash(sibling, digest)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and digest == root


def consistency_proof(old: int, new: int, source: HashSource) -> list[bytes]:
    """Proof that the tree of ``new`` leaves begins with that of ``old`` (RFC 9162, section 2.1.4.1).

    Raises:
        ValueError: not 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError(f"a log of {new} entries cannot be shown to contain one of {old}")
    return _subproof(old, 0, new, True, source)


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether ``proof`` shows that the newer tree begins with the older (RFC 9162, section 2.1.4.2)."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    old_digest = new_digest = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            old_digest, new_digest = node_hash(step, old_digest), node_hash(step, new_digest)
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            new_digest = node_hash(new_digest, step)
        first, last = first >> 1, last >> 1
    return last == 0 and old_digest == old_root and new_digest == new_root


def _split(count: int) -> int:
    """The largest power of two below ``count``."""
    return 1 << (count - 1).bit_length() - 1


def _path(index: int, begin: int, end: int, source: HashSource) -> list[bytes]:
    if end - begin == 1:
        return []
    middle = begin + _split(end - begin)
    if index < middle:
        return [*_path(index, begin, middle, source), range_root(middle, end, source)]
    return [*_path(index, middle, end, source), range_root(begin, middle, source)]


def _subproof(old: int, begin: int, end: int, whole: bool, source: HashSource) -> list[bytes]:
    if old == end - begin:
        return [] if whole else [range_root(begin, end, source)]
    middle = begin + _split(end - begin)
    if old <= middle - begin:
        return [*_subproof(old, begin, middle, whole, source), range_root(middle, end, source)]
    return [*_subproof(old - (middle - begin), middle, end, False, source), range_root(begin, middle, source)]
