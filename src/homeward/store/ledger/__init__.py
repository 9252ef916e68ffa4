"""The custody ledger: an append-only Merkle tree over everything that matters, with signed checkpoints."""

from homeward.store.ledger.check import Checker, check
from homeward.store.ledger.entries import ACTS, Entry, EntryRefused, Opening, commit, decode, encode, opens, timestamp
from homeward.store.ledger.log import Log
from homeward.store.ledger.notes import Checkpoint, NoteRefused, Signer, Verifier, open_note

__all__ = [
    "ACTS",
    "Checker",
    "Checkpoint",
    "Entry",
    "EntryRefused",
    "Log",
    "NoteRefused",
    "Opening",
    "Signer",
    "Verifier",
    "check",
    "commit",
    "decode",
    "encode",
    "open_note",
    "opens",
    "timestamp",
]
