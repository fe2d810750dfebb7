"""Whether a picture file goes on to its end: decoders draw the missing rest of a cut JPEG in grey."""

from typing import Final

_JPEG: Final = b"\xff\xd8\xff"
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_START_OF_SCAN: Final = 0xDA
_END_OF_IMAGE: Final = b"\xff\xd9"
_END_CHUNK: Final = b"IEND"


def is_cut_short(content: bytes) -> bool:
    """True for a JPEG or PNG whose end is missing; other forms are left to the decoder."""
    if content.startswith(_JPEG):
        return _END_OF_IMAGE not in content[_first_scan(content) :]
    return content.startswith(_PNG) and _END_CHUNK not in content


def _first_scan(content: bytes) -> int:
    """Where the pixels of a JPEG begin, behind its headers: a thumbnail in them has an end of its own."""
    at = 2
    while at + 4 <= len(content) and content[at] == 0xFF and content[at + 1] != _START_OF_SCAN:
        fill = content[at + 1] == 0xFF
        at += 1 if fill else 2 + int.from_bytes(content[at + 2 : at + 4])
    return at
