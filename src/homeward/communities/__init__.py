"""Captures, handles, personas, succession and first appearance. Nothing lives here yet."""
