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


def _halves(context: Any, builder: Any, sums: Vectors) -> Any:
    """Of each sum its lanes 0 + 2 and 1 + 3, as a tuple."""
    halves = []
    for total in sums:
        lane = [builder.extract_element(total, ir.Constant(ir.IntType(32), number)) for number in range(4)]
        halves += [builder.fadd(lane[0], lane[2]), builder.fadd(lane[1], lane[3])]
    return context.make_tuple(builder, _FOUR, halves)


def _looked_up(builder: Any, bytes_: Any, table: Any, i: Any, count: int) -> Vectors:
    """Vectors with what a table of 256 values has for some bytes."""
    word = builder.load(builder.bitcast(builder.gep(bytes_, [i]), ir.PointerType(ir.IntType(8 * count))), align=1)
    vectors = [ir.Constant(_LANES, ir.Undefined)] * (count // 4)
    for number in range(count):
        byte = builder.zext(builder.trunc(builder.lshr(word, word.type(8 * number)), ir.IntType(8)), _INDEX)
        value = builder.load(builder.gep(table, [byte]))
        vectors[number // 4] = builder.insert_element(vectors[number // 4], value, ir.IntType(32)(number % 4))
    return vectors


def _added(builder: Any, sums: Vectors, r: Any, v: Any, z: Any) -> Vectors:
    """The sums of r z and of v z^2, with four terms more. Each costs next to nothing beside the other: both wait for additions."""
    terms = (builder.fmul(r, z), builder.fmul(v, builder.fmul(z, z)))
    return [builder.fadd(total, term) for total, term in zip(sums, terms, strict=True)]


def _stepped(builder: Any, r: Any, i: Any, by: Any, v: Any, z: Any) -> Any:
    """r -= by (v z), in place; returns the new r."""
    new = builder.fsub(_load(builder, r, i), builder.fmul(by, builder.fmul(v, z)))
    builder.store(new, _place(builder, r, i), align=8)
    return new


@_intrinsic
def products(typing: Any, r: Any, v: Any, z: Any, k: Any, n4: Any) -> Any:
    """sum_i r_i z_ki and sum_i v_i z_ki^2"""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, v_ = _row(context, builder, r, args[0]), _row(context, builder, v, args[1])
        z_ = _row(context, builder, z, args[2], args[3])

        def four(i: Any, sums: Vectors) -> Vectors:
            return _added(builder, sums, *(_load(builder, values, i) for values in (r_, v_, z_)))

        sums = _loop(builder, ir.Constant(_INDEX, 0), args[4], 4, [_ZERO] * 2, four)
        return _halves(context, builder, sums)

    return _FOUR(r, v, z, types.intp, types.intp), build


@_intrinsic
def step_and_products(typing: Any, r: Any, v: Any, z: Any, moved: Any, d: Any, k: Any, ahead: Any, n4: Any) -> Any:
    """r_i -= d (v_i z_mi), where m has moved by d; then sum_i r_i z_ki of the new r, and sum_i v_i z_ki^2.

    Row ``ahead`` of z, the next that will be asked for, is fetched into the cache on the way. The loop takes a cache line at
    a time; what is left over are four values or none.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, v_ = _row(context, builder, r, args[0]), _row(context, builder, v, args[1])
        moved_, z_, ahead_ = (_row(context, builder, z, args[2], args[place]) for place in (3, 5, 6))
        fetch = _fetch(builder)
        by = _all_lanes(builder, args[4])

        def four(i: Any, sums: Vectors) -> Vectors:
            weight, value, of_moved = (_load(builder, values, i) for values in (v_, z_, moved_))
            return _added(builder, sums, _stepped(builder, r_, i, by, weight, of_moved), weight, value)

        def line(i: Any, sums: Vectors) -> Vectors:
            fetch(builder.gep(ahead_, [i]))
            return four(builder.add(i, ir.Constant(_INDEX, 4)), four(i, sums))

        whole = builder.and_(args[7], ir.Constant(_INDEX, -8))
        sums = _loop(builder, ir.Constant(_INDEX, 0), whole, 8, [_ZERO] * 2, line)
        sums = _loop(builder, whole, args[7], 4, sums, four)
        return _halves(context, builder, sums)

    return _FOUR(r, v, z, types.intp, types.float64, types.intp, types.intp, types.intp), build


@_intrinsic
def step_and_look_up(
    typing: Any, r: Any, v: Any, z: Any, moved: Any, d: Any, tables: Any, planes: Any, k: Any, into: Any, n4: Any
) -> Any:
    """As `step_and_products`, but z_ki is what table k has for byte i of row k of the planes, and is written to a row of z.

    With thousands of rows a processor waits for memory: a byte and a small table are read in place of eight bytes.
    """

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        r_, v_ = _row(context, builder, r, args[0]), _row(context, builder, v, args[1])
        moved_, z_ = (_row(context, builder, z, args[2], args[place]) for place in (3, 8))
        table, bytes_ = (
            _row(context, builder, tables, args[5], args[7]),
            _row(context, builder, planes, args[6], args[7]),
        )
        by = _all_lanes(builder, args[4])

        def some(count: int) -> Callable[[Any, Vectors], Vectors]:
            def body(i: Any, sums: Vectors) -> Vectors:
                for number, value in enumerate(_looked_up(builder, bytes_, table, i, count)):
                    j = builder.add(i, ir.Constant(_INDEX, 4 * number))
                    builder.store(value, _place(builder, z_, j), align=8)
                    weight, of_moved = _load(builder, v_, j), _load(builder, moved_, j)
                    sums = _added(builder, sums, _stepped(builder, r_, j, by, weight, of_moved), weight, value)
                return sums

            return body

        whole = builder.and_(args[9], ir.Constant(_INDEX, -8))
        sums = _loop(builder, ir.Constant(_INDEX, 0), whole, 8, [_ZERO] * 2, some(8))
        sums = _loop(builder, whole, args[9], 4, sums, some(4))
        return _halves(context, builder, sums)

    return _FOUR(r, v, z, types.intp, types.float64, tables, planes, types.intp, types.intp, types.intp), build
