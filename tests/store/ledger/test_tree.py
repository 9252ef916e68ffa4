"""The tree is RFC 9162's: against its definition, against another implementation, and against every forged proof."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from homeward.store.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    verify_consistency,
    verify_inclusion,
)

logs = st.lists(st.binary(max_size=20), min_size=1, max_size=70)


def reference(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return hashlib.sha256(b"\x01" + reference(entries[:k]) + reference(entries[k:])).digest()


def grown(entries: list[bytes]) -> tuple[Frontier, dict[tuple[int, int], bytes]]:
    frontier, nodes = Frontier(), {}
    for entry in entries:
        nodes |= {(level, index): digest for level, index, digest in frontier.append(leaf_hash(entry))}
    return frontier, nodes


def source(nodes: dict[tuple[int, int], bytes]):
    return lambda level, index: nodes[level, index]


def flipped(value: bytes, at: int) -> bytes:
    return bytes(byte ^ (1 << at % 8 if place == at // 8 % len(value) else 0) for place, byte in enumerate(value))


def test_the_empty_log() -> None:
    assert Frontier().root() == EMPTY_ROOT == reference([])


@given(logs)
def test_root_is_the_definition(entries: list[bytes]) -> None:
    assert grown(entries)[0].root() == reference(entries)


@given(logs)
def test_root_and_proofs_agree_with_pymerkle(entries: list[bytes]) -> None:
    other = InmemoryTree(algorithm="sha256")
    for entry in entries:
        other.append_entry(entry)
    frontier, nodes = grown(entries)
    assert frontier.root() == other.get_root()
    size = len(entries)
    for old in range(1, size + 1):
        ours = consistency_proof(old, size, source(nodes))
        assert verify_consistency(old, size, other.get_root(old), other.get_root(size), ours)


@given(logs, st.data())
def test_every_inclusion_proof_verifies_and_no_forged_one(entries: list[bytes], data: st.DataObject) -> None:
    frontier, nodes = grown(entries)
    size, root = len(entries), frontier.root()
    index = data.draw(st.integers(0, size - 1))
    leaf = leaf_hash(entries[index])
    proof = inclusion_proof(index, size, source(nodes))
    assert verify_inclusion(leaf, index, size, proof, root)
    bit = data.draw(st.integers(0, 255))
    assert not verify_inclusion(flipped(leaf, bit), index, size, proof, root)
    assert not verify_inclusion(leaf, index, size, proof, flipped(root, bit))
    assert not verify_inclusion(leaf, index, size, [*proof, bytes(32)], root)
    assert not verify_inclusion(leaf, size, size, proof, root)
    if proof:
        which = data.draw(st.integers(0, len(proof) - 1))
        forged = [flipped(step, bit) if at == which else step for at, step in enumerate(proof)]
        assert not verify_inclusion(leaf, index, size, forged, root)
        assert not verify_inclusion(leaf, index, size, proof[:-1], root)


@given(logs, st.data())
def test_every_consistency_proof_verifies_and_no_forged_one(entries: list[bytes], data: st.DataObject) -> None:
    size = len(entries)
    old = data.draw(st.integers(1, size))
    old_root, (frontier, nodes) = grown(entries[:old])[0].root(), grown(entries)
    proof = consistency_proof(old, size, source(nodes))
    assert verify_consistency(old, size, old_root, frontier.root(), proof)
    bit = data.draw(st.integers(0, 255))
    assert not verify_consistency(old, size, flipped(old_root, bit), frontier.root(), proof)
    assert not verify_consistency(old, size, old_root, flipped(frontier.root(), bit), proof)
    if proof:
        which = data.draw(st.integers(0, len(proof) - 1))
        forged = [flipped(step, bit) if at == which else step for at, step in enumerate(proof)]
        assert not verify_consistency(old, size, old_root, frontier.root(), forged)


def test_proofs_about_nothing_are_refused() -> None:
    with pytest.raises(ValueError):
        inclusion_proof(3, 3, source({}))
    with pytest.raises(ValueError):
        consistency_proof(0, 3, source({}))
    assert not verify_consistency(0, 3, bytes(32), bytes(32), [])
    assert node_hash(b"a", b"b") != leaf_hash(b"ab")
