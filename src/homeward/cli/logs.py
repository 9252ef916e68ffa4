"""Logs: one JSON object a line in the case's folder; no picture ever, and no path below debug level."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

from homeward.core import WrongUse
from homeward.core.time import utc_now

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        event = {"time": utc_now().isoformat(), "level": record.levelname.lower(), "event": record.getMessage()}
        event |= getattr(record, "fields", {})
        return json.dumps(event, ensure_ascii=False, default=str)


def log_to(file: Path | None) -> None:
    """Send Homeward's log to ``file``, or nowhere, at the level of ``HOMEWARD_LOG`` (info unless told).

    Raises:
        WrongUse: there is no such level.
    """
    level = os.environ.get("HOMEWARD_LOG", "info").upper()
    if level not in LEVELS:
        raise WrongUse(f"HOMEWARD_LOG is one of {', '.join(LEVELS).lower()}, not {level.lower()!r}")
    logging.raiseExceptions = False  # a log that cannot be written stops no work and prints no traceback
    handler = logging.FileHandler(file, encoding="utf-8", delay=True) if file else logging.NullHandler()
    handler.setFormatter(_Line())
    logger = logging.getLogger("homeward")
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(level)
