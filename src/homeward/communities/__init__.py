"""Captures, handles, personas, succession and first appearance: what communities show, and what may follow from it.

Everything that is inferred here is a hypothesis with its evidence and its pool of candidates; people decide.
"""
