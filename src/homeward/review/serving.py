"""The server: on this machine and nowhere else."""

from __future__ import annotations

import contextlib
import logging
import secrets
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import connections
from waitress.server import create_server

from homeward.core import HomewardError, WrongUse
from homeward.flow.workbench.grading import Scheme
from homeward.review.application import application
from homeward.review.bench import Workbench
from homeward.review.settings import IN

if TYPE_CHECKING:
    from homeward.review.map_file import MapFile
    from homeward.store import Case

ADDRESS = "127.0.0.1"
PORT = 8471
THREADS = 8
OUT = 1 << 30
"""Bytes of an answer that wait in memory: what is more would wait in a file, and clear pixels are never in one."""
PUBLISH_EVERY = 20.0
"""Seconds between two checkpoints of the ledger's files while the server runs."""


def serve(
    case: Case, port: int, idle: int, scheme: Scheme, ready: Callable[[str, Workbench], None], tiles: MapFile | None = None
) -> None:
    """Answer requests until the process is told to stop; ``ready`` is told the address and the workbench once it listens.

    Raises:
        WrongUse: the port is taken.
        CaseReadOnly: the case can only be read, so that nothing could be recorded.
    """
    _log_like_homeward()
    # Each thread keeps its connection to the case, and looks whether it still answers.
    connections.databases[case.alias] |= {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
    with Workbench(case, idle=idle, scheme=scheme, tiles=tiles) as bench:
        server = listening(bench, port, f"_{port or secrets.token_hex(3)}")
        stopped = threading.Event()
        publishing = threading.Thread(target=_beside, args=(bench, stopped), daemon=True)
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        publishing.start()
        try:
            ready(f"http://{ADDRESS}:{server.effective_port}", bench)
            server.run()
        finally:
            signal.signal(signal.SIGTERM, before)
            stopped.set()
            publishing.join()
            server.close()


def listening(bench: Workbench, port: int, mark: str = "") -> Any:
    """A server that has the port (0: a free one) and does not answer yet; ``mark`` as :func:`application` takes it.

    Raises:
        WrongUse: the port is taken.
    """
    try:
        return create_server(
            application(bench, mark), host=ADDRESS, port=port, threads=THREADS, ident=None,
            outbuf_overflow=OUT, max_request_body_size=IN, inbuf_overflow=IN + 1,
        )  # fmt: skip
    except OSError as error:
        raise WrongUse(f"port {port} cannot be used: {(error.strerror or str(error)).lower()} (another one: --port)") from error


def _log_like_homeward() -> None:
    """What the libraries have to say goes where Homeward's log goes, and never to a terminal."""
    ours = logging.getLogger("homeward")
    for name in ("django", "waitress"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = ours.handlers, False
        logger.setLevel(logging.WARNING)


def _beside(bench: Workbench, stopped: threading.Event) -> None:
    """Have the tiles at hand before somebody asks, and publish the ledger while the server runs."""
    case = bench.case
    with contextlib.suppress(HomewardError):  # who asks is told
        bench.shown.left()
    while not stopped.wait(PUBLISH_EVERY):
        with contextlib.suppress(Exception):  # tried again in a moment
            bench.tidy()
        with contextlib.suppress(Exception):  # closing the case says what is wrong with the ledger's files
            case.custody.publish()
    connections[case.alias].close()
