"""Processes that cannot open, write, connect, fork or exec: foreign bytes are parsed only here."""

from homeward.sandbox.byterange import ByteRange
from homeward.sandbox.contract import Call, Finished, Limits, Lost, Message
from homeward.sandbox.life import alive
from homeward.sandbox.locks import LockReport
from homeward.sandbox.pool import Pool, SandboxFailed

__all__ = ["ByteRange", "Call", "Finished", "Limits", "LockReport", "Lost", "Message", "Pool", "SandboxFailed", "alive"]
