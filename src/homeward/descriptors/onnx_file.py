"""What may lie in a model file: looked through before any library parses it.

Only operators of the ONNX standard, whose results depend on nothing but their input; no data in other files, no functions or
operators of somebody's own, no training. The file is walked by the wire format of Protocol Buffers (protobuf.dev)
with the field numbers of ``onnx.proto`` (ONNX 1.16 to 1.23). Where a message comes in pieces every piece is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator

from homeward.descriptors.plugin import PluginRefused

STANDARD = ("", "ai.onnx")
"""Names of the domain of standard operators."""
RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)  # fmt: skip
"""Standard operators that give another result each time."""
_DROPOUT = "Dropout"
"""Draws at random where its third input, whether it is being trained, is there and true."""
DEEPEST = 16
"""Graphs inside graphs."""
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_EXTERNAL = 1
Field = tuple[int, int, int | memoryview]


def check_model(data: bytes | memoryview) -> None:
    """See that a model file holds nothing that it must not.

    Raises:
        PluginRefused: it does, or it is no ONNX file; the message says what.
    """
    if bytes(data[4:8]) == b"ORTM":
        raise PluginRefused("the model is in another format than ONNX")
    graphs = 0
    for number, _, value in _fields(memoryview(data)):
        if number == 7:
            graphs += 1
            _graph(_message(value), 0)
        elif number == 8:
            _domain(_text(_message(value), 1))
        elif number == 20:
            raise PluginRefused("the model holds how it is to be trained")
        elif number == 25:
            raise PluginRefused("the model holds functions of its own")
    if not graphs:
        raise PluginRefused("the model is no ONNX file: it holds no graph")


def _graph(graph: memoryview, depth: int) -> None:
    if depth > DEEPEST:
        raise PluginRefused("the model holds graphs in graphs without end")
    for number, _, value in _fields(graph):
        if number == 1:
            _node(_message(value), depth)
        elif number == 5:
            _tensor(_message(value))
        elif number == 15:
            _sparse(_message(value))


def _node(node: memoryview, depth: int) -> None:
    kinds, domains, inputs = [], [], []
    for number, _, value in _fields(node):
        if number == 1:
            inputs.append(_string(value))
        elif number == 4:
            kinds.append(_string(value))
        elif number == 7:
            domains.append(_string(value))
        elif number == 5:
            _attribute(_message(value), depth)
    for domain in domains:
        _domain(domain)
    random = RANDOM.intersection(kinds) or ({_DROPOUT} if _DROPOUT in kinds and any(inputs[2:]) else set())
    if random:
        raise PluginRefused(f"the model draws at random ({min(random)})")


def _attribute(attribute: memoryview, depth: int) -> None:
    for number, _, value in _fields(attribute):
        if number in {5, 10}:
            _tensor(_message(value))
        elif number in {6, 11}:
            _graph(_message(value), depth + 1)
        elif number in {22, 23}:
            _sparse(_message(value))


def _sparse(sparse: memoryview) -> None:
    for number, _, value in _fields(sparse):
        if number in {1, 2}:
            _tensor(_message(value))


def _tensor(tensor: memoryview) -> None:
    for number, _, value in _fields(tensor):
        if number == 13 or (number == 14 and _number(value) == _EXTERNAL):
            raise PluginRefused("the model keeps data in other files")


def _domain(domain: str) -> None:
    if domain not in STANDARD:
        raise PluginRefused(f"the model uses operators that are not of the standard ({domain[:60]!r})")


def _text(message: memoryview, wanted: int) -> str:
    return next((_string(value) for number, _, value in _fields(message) if number == wanted), "")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise PluginRefused(_BROKEN)
    return value


def _number(value: int | memoryview) -> int:
    """As an enumeration is read: its low 32 bits."""
    if not isinstance(value, int):
        raise PluginRefused(_BROKEN)
    return value & 0xFFFFFFFF


def _string(value: int | memoryview) -> str:
    return bytes(_message(value)).decode("utf-8", "replace")


_BROKEN = "the model is no ONNX file: its bytes make no sense"


def _fields(message: memoryview) -> Iterator[Field]:
    """Number, wire type and value of each field; values of fixed width are passed over as 0."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, wire = key >> 3, key & 7
        if not 0 < number < 1 << 29:
            raise PluginRefused(_BROKEN)
        if wire == _VARINT:
            value, at = _varint(message, at)
            yield number, wire, value
            continue
        if wire == _BYTES:
            size, at = _varint(message, at)
        elif wire in {_EIGHT, _FOUR}:
            size = 8 if wire == _EIGHT else 4
        else:
            raise PluginRefused(_BROKEN)
        if size > end - at:
            raise PluginRefused(_BROKEN)
        yield number, wire, message[at : at + size] if wire == _BYTES else 0
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 127) << (7 * place)
        if byte < 128:
            return value, at
    raise PluginRefused(_BROKEN)
