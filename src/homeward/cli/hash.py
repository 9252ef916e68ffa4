"""``homeward hash``."""

from __future__ import annotations

from pathlib import Path

import click

from homeward.cli.common import json_option, opened, print_json, printable


@click.command(name="hash")
@click.argument("what", nargs=-1, required=True, metavar="CASE [SHA256...] | FILE...")
@json_option
@click.pass_context
def exact_hash(ctx: click.Context, what: tuple[str, ...], as_json: bool) -> None:
    """Print PDQ hashes that are fit to be sent to others: bit for bit those of the reference program.

    Of every still picture of CASE, of those with the given SHA-256, or of loose picture FILEs. The pictures are read again and
    decoded in colour at full size, behind the lock; nothing is stored. A line is the hash (or why there is none), its quality
    and the first place. Exits with 1 when one of them has no such hash.
    """
    from homeward.flow.copies import exact

    first = Path(what[0])
    if first.is_dir():
        with opened(first) as case:
            rows = list(exact.exact_hashes(case, [sha256.lower() for sha256 in what[1:]]))
    else:
        files = [Path(name) for name in what]
        for file in files:
            if not file.is_file():
                raise click.BadParameter(f"{file} is neither a case nor a file")
        rows = list(exact.exact_hashes_of_files(files))
    rows.sort(key=lambda row: (row["sha256"], row["paths"]))
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            said = f"{row['pdq']},{row['quality']}" if row["pdq"] else f"{row['reason']},"
            click.echo(f"{said},{printable(row['paths'][0] if row['paths'] else row['sha256'])}")
    if any(row["reason"] for row in rows):
        ctx.exit(1)
