"""Writing a translated file so that it shares the old one's data on the disk, where the file system can do that.

File systems share whole blocks. So the longest stretch of data that is as it was comes first, and behind a header as
long as it takes for every block of the new file to be one of the old. What begins within a block is copied by the
kernel, and what is computed is written.
"""

import contextlib
import mmap
import os
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from puna.formats.gguf import DEFAULT_ALIGNMENT, MAGIC
from puna.library.layouts.rewrite import PADDING, Kept, Piece, Rewrite, read

Progress = Callable[[int], None]
"""Gets the number of bytes that came to be in the new file each time."""

_BLOCK = 4096
_COPY = 1 << 26
_FICLONERANGE = 0x4020940D  # linux/fs.h
_U32, _I32, _F32, _BOOL, _STRING, _ARRAY, _U8 = 4, 5, 6, 7, 8, 9, 0


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tensors that lie one behind the other, in the old file as in the new."""

    pieces: tuple[Piece, ...]
    nbytes: int

    @property
    def start(self) -> int:
        """Where it is in the old file."""
        return self.pieces[0].start

    @property
    def computed(self) -> bool:
        """Whether it is nowhere in the old file."""
        return self.pieces[0].make is not None


def write(rewrite: Rewrite, target: Path, progress: Progress = lambda size: None) -> int:
    """Write the new file, and say how many bytes it has that it does not share with the old one."""
    stretches = arranged(rewrite)
    header = encoded(rewrite, [piece for stretch in stretches for piece in stretch.pieces], _lead(stretches))
    with rewrite.source.path.open("rb") as old, target.open("wb") as new:
        new.write(header)
        progress(len(header))
        shared = sum(_put(stretch, old, new, progress) for stretch in stretches)
        new.flush()
        os.fsync(new.fileno())
        return new.tell() - shared


def size(rewrite: Rewrite) -> int:
    """About how many bytes the new file will have."""
    return sum(piece.nbytes for piece in rewrite.pieces.values()) + rewrite.source.data_offset


def arranged(rewrite: Rewrite) -> list[Stretch]:
    """The tensors in the order of the new file: the longest stretch first, what is computed last."""
    alignment = _alignment(rewrite)
    kept = sorted((piece for piece in rewrite.pieces.values() if piece.make is None), key=lambda piece: piece.start)
    stretches: list[Stretch] = []
    for piece in kept:
        nbytes = _padded(piece.nbytes, alignment)
        if stretches and stretches[-1].start + stretches[-1].nbytes == piece.start:
            before = stretches.pop()
            stretches.append(Stretch((*before.pieces, piece), before.nbytes + nbytes))
        else:
            stretches.append(Stretch((piece,), nbytes))
    stretches.sort(key=lambda stretch: -stretch.nbytes)
    made = [piece for piece in rewrite.pieces.values() if piece.make is not None]
    return [*stretches, *(Stretch((piece,), _padded(piece.nbytes, alignment)) for piece in made)]


def encoded(rewrite: Rewrite, pieces: Sequence[Piece], lead: int) -> bytes:
    """The header, as long as a multiple of the block and `lead` bytes."""
    alignment = _alignment(rewrite)
    with rewrite.source.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        values = b"".join(_string(key) + _value(value, view) for key, value in rewrite.values.items())
    infos, offset = [], 0
    for piece in pieces:
        shape = struct.pack(f"<I{len(piece.shape)}Q", len(piece.shape), *piece.shape)
        infos.append(_string(piece.name) + shape + struct.pack("<IQ", piece.kind, offset))
        offset += _padded(piece.nbytes, alignment)
    start = MAGIC + struct.pack("<IQQ", 3, len(pieces), len(rewrite.values) + 1)
    described = b"".join(infos)
    filler = _string(PADDING) + struct.pack("<I", _STRING)
    short = len(start) + len(values) + len(filler) + 8 + len(described)
    filler += _string(" " * ((lead - short) % max(_BLOCK, alignment)))
    return start + values + filler + described


def _put(stretch: Stretch, old: BinaryIO, new: BinaryIO, progress: Progress) -> int:
    """Write a stretch where the new file ends so far, and say how many of its bytes are shared."""
    if stretch.computed:
        for chunk in read(old, stretch.pieces[0]):
            new.write(chunk)
            progress(len(chunk))
        new.write(bytes(stretch.nbytes - stretch.pieces[0].nbytes))
        return 0
    start, place, left = stretch.start, new.tell(), stretch.nbytes
    left = min(left, os.fstat(old.fileno()).st_size - start)  # the last tensor need not be padded
    new.flush()
    ahead = -start % _BLOCK
    shared = 0
    if start % _BLOCK == place % _BLOCK and left > ahead + _BLOCK:
        whole = (left - ahead) // _BLOCK * _BLOCK
        if _cloned(old, new, start + ahead, place + ahead, whole):
            shared = whole
            progress(whole)
    for begin, end in ((0, ahead), (ahead + shared, left)) if shared else ((0, left),):
        _copied(old, new, start + begin, place + begin, end - begin, progress)
    new.seek(place + left)
    new.write(bytes(stretch.nbytes - left))
    return shared


def _cloned(old: BinaryIO, new: BinaryIO, start: int, place: int, nbytes: int) -> bool:
    """Let both files share blocks; whether the file system could do that."""
    if not sys.platform.startswith("linux"):
        return False
    import fcntl

    with contextlib.suppress(OSError):
        fcntl.ioctl(new.fileno(), _FICLONERANGE, struct.pack("=qQQQ", old.fileno(), start, nbytes, place))
        return True
    return False


def _copied(old: BinaryIO, new: BinaryIO, start: int, place: int, nbytes: int, progress: Progress) -> None:
    for size in _copies(old, new, start, place, nbytes):
        progress(size)


def _copies(old: BinaryIO, new: BinaryIO, start: int, place: int, nbytes: int) -> Iterator[int]:
    """Copy a part of a file, in the kernel where it can do that, and give the size of each piece."""
    end = start + nbytes
    if hasattr(os, "copy_file_range"):
        with contextlib.suppress(OSError):
            while start < end:
                size = os.copy_file_range(old.fileno(), new.fileno(), min(_COPY, end - start), start, place)
                if not size:
                    break
                start, place = start + size, place + size
                yield size
    old.seek(start)
    new.seek(place)
    while start < end:
        chunk = old.read(min(_COPY, end - start))
        new.write(chunk)
        start += len(chunk)
        yield len(chunk)
    new.flush()


def _lead(stretches: Sequence[Stretch]) -> int:
    """How far into a block the data begins."""
    return stretches[0].start % _BLOCK if stretches and not stretches[0].computed else 0


def _value(value: Any, view: mmap.mmap) -> bytes:
    match value:
        case Kept():
            return view[value.span[0] : value.span[1]]
        case bool():
            return struct.pack("<IB", _BOOL, value)
        case int():
            return struct.pack("<II", _U32, value)
        case float():
            return struct.pack("<If", _F32, value)
        case str():
            return struct.pack("<I", _STRING) + _string(value)
        case bytes():
            return struct.pack("<IIQ", _ARRAY, _U8, len(value)) + value
        case _:
            return struct.pack("<I", _ARRAY) + _list(value)


def _list(values: Sequence[Any]) -> bytes:
    match values[0] if values else 0:
        case bool():
            return struct.pack(f"<IQ{len(values)}?", _BOOL, len(values), *values)
        case int():
            return struct.pack(f"<IQ{len(values)}i", _I32, len(values), *values)
        case float():
            return struct.pack(f"<IQ{len(values)}f", _F32, len(values), *values)
        case _:
            return struct.pack("<IQ", _STRING, len(values)) + _joined(_string(value) for value in values)


def _string(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(8, "little") + raw


def _joined(parts: Iterable[bytes]) -> bytes:
    return b"".join(parts)


def _alignment(rewrite: Rewrite) -> int:
    value = rewrite.source.values.get("general.alignment", DEFAULT_ALIGNMENT)
    return value if isinstance(value, int) else DEFAULT_ALIGNMENT


def _padded(nbytes: int, alignment: int) -> int:
    return -(-nbytes // alignment) * alignment
