"""Is a TensorFlow Lite flatbuffer complete? tflite-runtime does not ask, and crashes on one that was cut.

A flatbuffer is tables that point at each other (https://flatbuffers.dev/internals); the numbers below are
the field positions in TensorFlow Lite's schema.fbs. The weights lie at the end of the file, so following
the pointers to every one of them finds a missing tail.
"""

import struct
from typing import Final

MAGIC: Final = b"TFL3"
"""Bytes 4..8 of every TensorFlow Lite model."""

_OPERATOR_CODES, _SUBGRAPHS, _BUFFERS = 1, 2, 4
_TENSORS, _OPERATORS = 0, 3
_DATA = 0


def check_complete(content: bytes) -> None:
    """Follow the pointers to every operator, tensor and weight.

    Raises:
        ValueError: one of them leads out of the file.
    """
    try:
        model = _pointed_at(content, 0)
        _tables(content, model, _OPERATOR_CODES)
        for subgraph in _tables(content, model, _SUBGRAPHS):
            _tables(content, subgraph, _TENSORS)
            _tables(content, subgraph, _OPERATORS)
        for buffer in _tables(content, model, _BUFFERS):
            _vector(content, buffer, _DATA, item_bytes=1)
    except struct.error as error:
        raise ValueError("it is incomplete; copy it again") from error


def _tables(content: bytes, table: int, field: int) -> list[int]:
    """The positions of the tables in a vector field; reading each one's head proves that it is there."""
    first, count = _vector(content, table, field, item_bytes=4)
    tables = [_pointed_at(content, first + 4 * i) for i in range(count)]
    for position in tables:
        _slot(content, position, 0)
    return tables


def _vector(content: bytes, table: int, field: int, *, item_bytes: int) -> tuple[int, int]:
    """Where a vector field's items begin, and how many there are; nothing for a field left out."""
    slot = _slot(content, table, field)
    if slot == 0:
        return 0, 0
    vector = _pointed_at(content, table + slot)
    (count,) = struct.unpack_from("<I", content, vector)
    if vector + 4 + count * item_bytes > len(content):
        raise struct.error("a vector leads out of the file")
    return vector + 4, count


def _slot(content: bytes, table: int, field: int) -> int:
    """Where a field lies within its table; 0 when it is left out."""
    (distance,) = struct.unpack_from("<i", content, table)
    vtable = _within(content, table - distance)
    (size,) = struct.unpack_from("<H", content, vtable)
    place = 4 + 2 * field
    if place >= size:
        return 0
    return int(struct.unpack_from("<H", content, vtable + place)[0])


def _pointed_at(content: bytes, position: int) -> int:
    (distance,) = struct.unpack_from("<I", content, position)
    return _within(content, position + int(distance))


def _within(content: bytes, position: int) -> int:
    if not 0 <= position < len(content):
        raise struct.error("a pointer leads out of the file")
    return position
