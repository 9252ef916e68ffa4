"""Rows of Parquet, read by the same mapping as rows of JSON. A task of its own, so that only who has Parquet loads Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from homeward.communities.captured import CaptureRefused, Summary
from homeward.communities.rows import Builder, Found
from homeward.communities.worker import answers

if TYPE_CHECKING:
    from homeward.communities.worker import Order
    from homeward.sandbox import ByteRange

MAGIC = b"PAR1"
_AT_ONCE = 2_000
"""Rows that are unpacked together."""
_MOST_COLUMNS = 1_000
_LIMITS = {"thrift_string_size_limit": 16 << 20, "thrift_container_size_limit": 1_000_000}


def warm_up() -> None:
    """Load what is loaded lazily: behind the lock nothing can be."""
    import pyarrow.parquet  # noqa: F401


def read(fds: tuple[int, ...], payload: bytes) -> Iterator[bytes]:
    """Read a capture (descriptor: the delivered file); the last answer has the summary."""
    yield from answers(fds, payload, rows)


def rows(source: ByteRange, order: Order, summary: Summary) -> Iterator[Found]:
    """Messages and identifiers of a table.

    Raises:
        CaptureRefused: it is broken, or has not the columns that the mapping needs.
    """
    import pyarrow as arrow
    from pyarrow import parquet

    summary.format = "parquet"
    if order.mapping is None:
        raise CaptureRefused("rows of Parquet need a mapping (--mapping)")
    build = Builder(order.mapping, summary, text=order.text, rules=order.rules)
    source.seek(0)
    try:
        file = parquet.ParquetFile(arrow.PythonFile(source, mode="r"), pre_buffer=False, **_LIMITS)
        names = file.schema_arrow.names
        needed = {order.mapping.columns[name] for name in ("id", "site", "handle") if name in order.mapping.columns}
        if lost := sorted({name for name in needed if "." not in name} - set(names)):
            raise CaptureRefused(f"it has no column {lost[0]!r}")
        if twice := sorted(name for name in set(order.mapping.columns.values()) if names.count(name) > 1):
            raise CaptureRefused(f"it has the column {twice[0]!r} twice")
        if len(names) > _MOST_COLUMNS:
            raise CaptureRefused("it has too many columns")
        number = 0
        for batch in file.iter_batches(batch_size=_AT_ONCE, use_threads=False):
            for row in _told(batch):
                number += 1
                yield from build.row(row, number)
        build.finish()
    except CaptureRefused:
        raise
    except arrow.ArrowException as error:
        raise CaptureRefused(f"the Parquet file is broken ({type(error).__name__})") from None
    except (OSError, EOFError, OverflowError, ValueError):
        raise CaptureRefused("the Parquet file is broken") from None


def _told(batch: Any) -> Iterator[dict[str, Any]]:
    """Rows as JSON would have them; times as ISO 8601, in UTC where they have a zone."""
    import pyarrow as arrow

    columns = []
    for column in batch.columns:
        told, zoned = column, ""
        if arrow.types.is_timestamp(column.type):
            zoned = "+00:00" if column.type.tz else ""
            bare = column.cast(
                arrow.timestamp(column.type.unit)
            )  # in UTC: behind the lock no zone can be looked up by its name
            told = bare.cast(arrow.timestamp("us"), safe=False)
        columns.append([_plain(value, zoned) for value in told.to_pylist()])
    for values in zip(*columns, strict=True):
        yield dict(zip(batch.schema.names, values, strict=True))


def _plain(value: Any, zoned: str) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat() + zoned
    if isinstance(value, date | Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(one, zoned) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one, zoned) for name, one in value.items()}
    return value
