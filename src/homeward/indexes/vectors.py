"""Sixteen or sixty-four codes compared with one query by explicit vector instructions, for use inside compiled kernels.

Written as vectors rather than left to the compiler, because its choice decides everything here: with AVX-512 VPOPCNTDQ one
instruction counts the bits of sixteen words; without it, bits are counted per byte by table (``vpshufb``) and four bytes are
added up by one multiplication, which is 1.7 times faster than what LLVM makes of counting whole words.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils, config
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic

_WORD, _BYTE = ir.IntType(32), ir.IntType(8)
_SIGNATURE = 3


def _counts_words() -> bool:
    """Whether the processor that is compiled for counts the bits of vectors of words."""
    features: str | None = getattr(config, "CPU_FEATURES", None)
    return "+avx512vpopcntdq" in (features or get_host_cpu_features())  # type: ignore[no-untyped-call]


def _splat(builder: Any, value: Any, kind: Any) -> Any:
    nothing = ir.Constant(kind, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(_WORD, kind.count), [0] * kind.count))


def _ones(builder: Any, value: Any, element: Any) -> Any:
    """Bits set in each ``element`` of a vector."""
    kind = ir.VectorType(element, value.type.count * value.type.element.width // element.width)
    name = f"llvm.ctpop.v{kind.count}i{element.width}"
    count = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind]), name)  # type: ignore[no-untyped-call]
    return builder.call(count, [builder.bitcast(value, kind)])


def _mask_of(lanes: int) -> Any:
    """An intrinsic ``near(p, q, r, at, a, b, c, limit)`` of three planes and three words.

    Bit k of the answer says whether ``p[at + k] ^ a``, ``q[at + k] ^ b`` and ``r[at + k] ^ c`` have at most ``limit`` bits
    set together. Reads ``lanes`` words from ``at`` on, unchecked.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = ir.VectorType(_WORD, lanes)
        element = _WORD if _counts_words() else _BYTE
        at, words, limit = args[_SIGNATURE], args[_SIGNATURE + 1 : -1], args[-1]
        total = None
        for plane in range(_SIGNATURE):
            array = context.make_array(signature.args[plane])(context, builder, args[plane])
            found = builder.load(builder.bitcast(builder.gep(array.data, [at]), kind.as_pointer()))
            found.align = 4
            bits = _ones(builder, builder.xor(found, _splat(builder, words[plane], kind)), element)
            total = bits if total is None else builder.add(total, bits)
        if element is _BYTE:
            four = builder.mul(builder.bitcast(total, kind), ir.Constant(kind, [0x01010101] * lanes))
            total = builder.lshr(four, ir.Constant(kind, [24] * lanes))
        mask = builder.bitcast(builder.icmp_unsigned("<=", total, _splat(builder, limit, kind)), ir.IntType(lanes))
        return mask if lanes == 64 else builder.zext(mask, ir.IntType(64))

    def near(_typing, p, q, r, _at, _a, _b, _c, _limit):  # type: ignore[no-untyped-def]
        words = [types.uint32] * (_SIGNATURE + 1)
        return types.uint64(p, q, r, types.intp, *words), generate

    return intrinsic(near)


def _lowest(_typing, _mask):  # type: ignore[no-untyped-def]
    """Position of the lowest bit set in a uint64 that is not 0."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


def _count(_typing, _word):  # type: ignore[no-untyped-def]
    """Bits set in a uint32, as int64."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return builder.zext(builder.ctpop(args[0]), ir.IntType(64))

    return types.int64(types.uint32), generate


near64: Any = _mask_of(64)
near16: Any = _mask_of(16)
lowest: Any = intrinsic(_lowest)
ones: Any = intrinsic(_count)
