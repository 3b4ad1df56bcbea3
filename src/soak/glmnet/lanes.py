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
_PAIR, _FOUR = types.UniTuple(types.float64, 2), types.UniTuple(types.float64, 4)

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


def _loop(builder: Any, stop: Any, sums: Vectors, body: Callable[[Any, Vectors], Vectors]) -> Vectors:
    """``for i in range(0, stop, 4): sums = body(i, sums)``; returns the sums."""
    before = builder.basic_block
    head, inside, after = (builder.append_basic_block(f"lanes.{name}") for name in ("head", "inside", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    i = builder.phi(_INDEX)
    i.add_incoming(ir.Constant(_INDEX, 0), before)
    current = [builder.phi(_LANES) for _ in sums]
    for phi, value in zip(current, sums, strict=True):
        phi.add_incoming(value, before)
    builder.cbranch(builder.icmp_signed("<", i, stop), inside, after)
    builder.position_at_end(inside)
    new = body(i, current)
    i.add_incoming(builder.add(i, ir.Constant(_INDEX, 4)), builder.basic_block)
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
def product(typing: Any, r: Any, z: Any, k: Any, n4: Any) -> Any:
    """sum_i r_i z_ki"""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, z_ = _row(context, builder, r, args[0]), _row(context, builder, z, args[1], args[2])

        def body(i: Any, sums: Vectors) -> Vectors:
            return [builder.fadd(sums[0], builder.fmul(_load(builder, r_, i), _load(builder, z_, i)))]

        (sums,) = _loop(builder, args[3], [_ZERO], body)
        return context.make_tuple(builder, _PAIR, _pair(builder, sums))

    return _PAIR(r, z, types.intp, types.intp), build


@_intrinsic
def step_and_product(
    typing: Any, r: Any, v: Any, z: Any, moved: Any, d: Any, k: Any, anchor: Any, inverse_u: Any, ahead: Any, n4: Any
) -> Any:
    """r_i -= d (v_i z_mi), where m has moved by d; then sum_i r_i z_ki of the new r, and sum_i (r_i - anchor_i)^2 / u_i

    The latter, in any order, costs nothing, since the former waits for its additions. Row ``ahead`` of z, the next that will
    be asked for, is fetched into the cache on the way.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, v_ = _row(context, builder, r, args[0]), _row(context, builder, v, args[1])
        moved_, z_ = (_row(context, builder, z, args[2], args[place]) for place in (3, 5))
        anchor_, inverse_ = _row(context, builder, anchor, args[6]), _row(context, builder, inverse_u, args[7])
        ahead_ = _row(context, builder, z, args[2], args[8])
        fetch = _fetch(builder)
        by = _all_lanes(builder, args[4])

        def body(i: Any, sums: Vectors) -> Vectors:
            change = builder.fmul(by, builder.fmul(_load(builder, v_, i), _load(builder, moved_, i)))
            new = builder.fsub(_load(builder, r_, i), change)
            builder.store(new, _place(builder, r_, i), align=8)
            fetch(builder.gep(ahead_, [i]))
            way = builder.fsub(new, _load(builder, anchor_, i))
            return [
                builder.fadd(sums[0], builder.fmul(new, _load(builder, z_, i))),
                builder.fadd(sums[1], builder.fmul(builder.fmul(way, way), _load(builder, inverse_, i))),
            ]

        sums, squares = _loop(builder, args[9], [_ZERO, _ZERO], body)
        return context.make_tuple(builder, _FOUR, _pair(builder, sums) + _pair(builder, squares))

    return _FOUR(r, v, z, types.intp, types.float64, types.intp, anchor, inverse_u, types.intp, types.intp), build


@_intrinsic
def four_curvatures(typing: Any, v: Any, z: Any, ks: Any, first: Any, n4: Any, out: Any) -> Any:
    """sum_i v_i z_ki^2 of k = ks[first : first + 4], which hide one another's latency: out = (0 + 2, 1 + 3) of each"""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        v_, ks_, out_ = (_row(context, builder, kind, args[i]) for kind, i in ((v, 0), (ks, 2), (out, 5)))
        rows = []
        for number in range(4):
            place = builder.add(args[3], ir.Constant(_INDEX, number))
            rows.append(_row(context, builder, z, args[1], builder.load(builder.gep(ks_, [place]))))

        def body(i: Any, sums: Vectors) -> Vectors:
            weight = _load(builder, v_, i)
            values = [_load(builder, row, i) for row in rows]
            squares = [builder.fmul(weight, builder.fmul(value, value)) for value in values]
            return [builder.fadd(total, square) for total, square in zip(sums, squares, strict=True)]

        for number, sums in enumerate(_loop(builder, args[4], [_ZERO] * 4, body)):
            for half, value in enumerate(_pair(builder, sums)):
                builder.store(value, builder.gep(out_, [ir.Constant(_INDEX, 2 * number + half)]))
        return context.get_dummy_value()

    return types.void(v, z, ks, types.intp, types.intp, out), build
