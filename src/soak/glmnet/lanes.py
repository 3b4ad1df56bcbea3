"""Sums in the order in which R's glmnet adds them, as fast as a processor can.

A sum over i is made of four partial sums, over i mod 4, each a lane of a vector <4 x double>. Compilers do not put
four sums that are written one by one into such a vector, so that the loops are written in LLVM's own instructions
here. No product is fused with a sum, and nothing is reordered: every processor gives the same bits, whatever the width
of its vectors.

Each function runs over the first n4 values, n4 a multiple of four, and returns the sums of lanes (0 + 2, 1 + 3). A
matrix is C-ordered, and one of its rows is a column of the table.
"""

from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import extending
from numba.core import cgutils

types: Any = numba.types
_LANES = ir.VectorType(ir.DoubleType(), 4)
_INDEX = ir.IntType(64)
_ZERO = ir.Constant(_LANES, [0.0] * 4)
_FOUR = types.UniTuple(types.float64, 4)

Vectors = list[Any]


def _intrinsic(function: Callable[..., Any]) -> Any:
    """A function of compiled code, where its first argument is not passed."""
    return extending.intrinsic(function)


def _row(context: Any, builder: Any, kind: Any, array: Any, row: Any = None) -> Any:
    """Pointer to the values of an array, or of a row of a matrix."""
    struct = context.make_array(kind)(context, builder, array)
    if row is None:
        return struct.data
    return builder.gep(struct.data, [builder.mul(row, builder.extract_value(struct.shape, 1))])


def _place(builder: Any, pointer: Any, i: Any) -> Any:
    return builder.bitcast(builder.gep(pointer, [i]), ir.PointerType(_LANES))


def _load(builder: Any, pointer: Any, i: Any) -> Any:
    return builder.load(_place(builder, pointer, i), align=8)


def _all_lanes(builder: Any, value: Any) -> Any:
    """A vector with the value in each lane."""
    nothing = ir.Constant(_LANES, ir.Undefined)
    first = builder.insert_element(nothing, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(ir.IntType(32), 4), [0] * 4))


def _loop(
    builder: Any, start: Any, stop: Any, stride: int, sums: Vectors, body: Callable[[Any, Vectors], Vectors]
) -> Vectors:
    """``for i in range(start, stop, stride): sums = body(i, sums)``; returns the sums."""
    before = builder.basic_block
    head, inside, after = (builder.append_basic_block(f"lanes.{name}") for name in ("head", "inside", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    i = builder.phi(_INDEX)
    i.add_incoming(start, before)
    current = [builder.phi(_LANES) for _ in sums]
    for phi, value in zip(current, sums, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", i, stop), inside, after)
    builder.position_at_end(inside)
    new = body(i, current)
    i.add_incoming(builder.add(i, ir.Constant(_INDEX, stride)), builder.basic_block)
    for phi, value in zip(current, new, strict=True):
        phi.add_incoming(value, builder.basic_block)
    builder.branch(head)
    builder.position_at_end(after)
    return current


def _fetch(builder: Any) -> Callable[[Any], None]:
    """A function that asks for the cache line of a pointer, for reading, to be kept."""
    byte, number = ir.PointerType(ir.IntType(8)), ir.IntType(32)
    kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
    prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")  # type: ignore[no-untyped-call]
    how = [ir.Constant(number, value) for value in (0, 3, 1)]

    def fetch(pointer: Any) -> None:
        builder.call(prefetch, [builder.bitcast(pointer, byte), *how])

    return fetch


def _pair(builder: Any, sums: Any) -> list[Any]:
    lane = [builder.extract_element(sums, ir.Constant(ir.IntType(32), number)) for number in range(4)]
    return [builder.fadd(lane[0], lane[2]), builder.fadd(lane[1], lane[3])]


@_intrinsic
def products(typing: Any, r: Any, v: Any, z: Any, k: Any, n4: Any) -> Any:
    """sum_i r_i z_ki and sum_i v_i z_ki^2. Each costs next to nothing beside the other, since both wait for their additions."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, v_, z_ = (
            _row(context, builder, r, args[0]),
            _row(context, builder, v, args[1]),
            _row(context, builder, z, args[2], args[3]),
        )

        def body(i: Any, sums: Vectors) -> Vectors:
            value = _load(builder, z_, i)
            terms = (
                builder.fmul(_load(builder, r_, i), value),
                builder.fmul(_load(builder, v_, i), builder.fmul(value, value)),
            )
            return [builder.fadd(total, term) for total, term in zip(sums, terms, strict=True)]

        sums = _loop(builder, ir.Constant(_INDEX, 0), args[4], 4, [_ZERO] * 2, body)
        return context.make_tuple(builder, _FOUR, [half for total in sums for half in _pair(builder, total)])

    return _FOUR(r, v, z, types.intp, types.intp), build


@_intrinsic
def step_and_products(typing: Any, r: Any, v: Any, z: Any, moved: Any, d: Any, k: Any, ahead: Any, n4: Any) -> Any:
    """r_i -= d (v_i z_mi), where m has moved by d; then sum_i r_i z_ki of the new r, and sum_i v_i z_ki^2.

    The latter costs next to nothing, since the former waits for its additions. Row ``ahead`` of z, the next that will be
    asked for, is fetched into the cache on the way. The loop takes a cache line at a time; what is left over are four values
    or none.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, v_ = _row(context, builder, r, args[0]), _row(context, builder, v, args[1])
        moved_, z_, ahead_ = (_row(context, builder, z, args[2], args[place]) for place in (3, 5, 6))
        fetch = _fetch(builder)
        by = _all_lanes(builder, args[4])

        def four(i: Any, sums: Vectors) -> Vectors:
            weight, value = _load(builder, v_, i), _load(builder, z_, i)
            change = builder.fmul(by, builder.fmul(weight, _load(builder, moved_, i)))
            new = builder.fsub(_load(builder, r_, i), change)
            builder.store(new, _place(builder, r_, i), align=8)
            terms = (
                builder.fmul(new, value),
                builder.fmul(weight, builder.fmul(value, value)),
            )
            return [builder.fadd(total, term) for total, term in zip(sums, terms, strict=True)]

        def line(i: Any, sums: Vectors) -> Vectors:
            fetch(builder.gep(ahead_, [i]))
            return four(builder.add(i, ir.Constant(_INDEX, 4)), four(i, sums))

        whole = builder.and_(args[7], ir.Constant(_INDEX, -8))
        sums = _loop(builder, ir.Constant(_INDEX, 0), whole, 8, [_ZERO] * 2, line)
        sums = _loop(builder, whole, args[7], 4, sums, four)
        return context.make_tuple(builder, _FOUR, [half for total in sums for half in _pair(builder, total)])

    return _FOUR(r, v, z, types.intp, types.float64, types.intp, types.intp, types.intp), build
