"""Who carries out item steps. One interface: plain units in, plain outcomes out, in any order.

``inline`` uses one locked worker, ``processes`` several on this machine. An executor on other machines takes the same
units, opens the exhibit there and sends back the same outcomes. There is no executor without the lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self

from homeward.evidence import EvidenceChanged, Opened, open_items
from homeward.flow.steps import DESCRIBE
from homeward.flow.tasks import Order, read_reply
from homeward.flow.units import Described, Lost, Unit
from homeward.sandbox import Call, Limits, Message, Pool
from homeward.sandbox import Lost as WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
