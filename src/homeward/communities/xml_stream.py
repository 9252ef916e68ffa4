"""XML of any size as small trees: what is asked for is handed out when it ends, and nothing else is kept.

Document types are refused, so there are no entities that grow or that fetch something.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from homeward.communities.captured import CaptureRefused
from homeward.known.text import Stream
from homeward.sandbox import alive

_CHUNK = 1 << 16
_DEEPEST = 64
_LONGEST = 8 << 20
"""Bytes of a tag or a comment: the parser begins each anew with every piece of it."""
_MOST_NODES = 200_000
"""Elements of one tree."""
_MOST_TEXT = 1 << 20
"""Characters of one element; what is longer is cut."""
_MOST_IN_TREE = 64 << 20
"""Characters of all elements of one tree together."""


class Element:
    """One element with everything in it; names are without their namespace."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""

    def all(self, *names: str) -> list[Element]:
        """Elements found by going down along ``names``, each step to all children of that name."""
        found = [self]
        for name in names:
            found = [child for one in found for child in one.children if child.name == name]
        return found

    def first(self, *names: str) -> str:
        """Text of the first such element that has some, empty where there is none."""
        return next((one.text for one in self.all(*names) if one.text), "")


Wanted = Callable[[str, dict[str, str], int], "bool | Element"]
"""Whether an element (name, attributes, how deep it stands: the outermost of all is 1) is to be handed out as a tree.

An answer that is an element is itself handed out in that place: trees come some at a time, and what whoever answers remembers
may be ahead of them.
"""


def trees(stream: Stream, wanted: Wanted) -> Iterator[Element]:
    """Every outermost element that is ``wanted``, as soon as it ends.

    Raises:
        CaptureRefused: it is broken, declares a document type, or one tree is too large.
    """
    reading = _Reading(wanted)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    parser.StartElementHandler, parser.EndElementHandler = reading.start, reading.end
    parser.CharacterDataHandler = reading.text
    fed = 0
    try:
        while chunk := stream.read(_CHUNK):
            parser.Parse(chunk, False)
            alive()
            yield from reading.taken()
            fed += len(chunk)
            if fed - parser.CurrentByteIndex > _LONGEST:
                raise CaptureRefused(f"a tag or a comment in it is longer than {_LONGEST >> 20} MiB")
        parser.Parse(b"", True)
        yield from reading.taken()
    except expat.ExpatError as error:
        raise CaptureRefused(f"it is broken at line {error.lineno}: {expat.ErrorString(error.code)}") from None
    except CaptureRefused:
        raise
    except (LookupError, ValueError):
        raise CaptureRefused("it names an encoding that there is not, or not for XML here") from None


def _refuse(*_: Any) -> None:
    raise CaptureRefused("it declares a document type, which no such file needs: refused unread")


class _Reading:
    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._depth = 0
        self._open: list[Element] = []
        self._nodes = 0
        self._texts: list[list[str]] = []
        """Of each open element, its text in pieces: they are joined once, however many other elements lie between them."""
        self._sizes: list[int] = []
        self._size = 0
        self._done: list[Element] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise CaptureRefused("it is nested too deeply")
        name = name.rpartition(" ")[2]
        attributes = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        if not self._open:
            wanted = self._wanted(name, attributes, self._depth)
            if isinstance(wanted, Element):
                self._done.append(wanted)
            if wanted is not True:
                return
        self._nodes = self._nodes + 1 if self._open else 1
        if self._nodes > _MOST_NODES:
            raise CaptureRefused(f"one {self._open[0].name} holds more than {_MOST_NODES:,} elements")
        one = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(one)
        else:
            self._size = 0
        self._open.append(one)
        self._grow(sum(map(len, attributes.values())))
        self._texts.append([])
        self._sizes.append(0)

    def text(self, text: str) -> None:
        if not self._open or self._sizes[-1] >= _MOST_TEXT:
            return
        kept = text[: _MOST_TEXT - self._sizes[-1]]
        self._texts[-1].append(kept)
        self._sizes[-1] += len(kept)
        self._grow(len(kept))

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > _MOST_IN_TREE:
            raise CaptureRefused(f"one {self._open[0].name} holds more than {_MOST_IN_TREE >> 20} million characters")

    def end(self, _: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        one = self._open.pop()
        one.text = "".join(self._texts.pop()).strip()
        self._sizes.pop()
        if not self._open:
            self._done.append(one)

    def taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done
