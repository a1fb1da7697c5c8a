"""Real little PNG, JPEG and PDF files for receipts, made from an identifier and a caption.

The same arguments give the same bytes on every machine. No image library is needed: the PNG is a
grey-scale raster, the JPEG holds nothing but the mean of each block, the PDF is a page of text.
"""

import hashlib
import struct
import zlib
from functools import lru_cache

WIDTH, HEIGHT = 32, 48
_BLOCK = 8


@lru_cache(maxsize=2048)
def picture(kind: str, key: str, caption: str) -> bytes:
    """The file of that kind (`png`, `jpg`, `pdf`, `text`) for the receipt named by `key`."""
    makers = {"png": _png, "jpg": _jpeg, "pdf": _pdf, "text": _text}
    return makers[kind](key, caption)


def _shades(key: str, count: int) -> list[int]:
    digest = hashlib.sha256(key.encode()).digest()
    return [digest[i % len(digest)] for i in range(count)]


def _png(key: str, caption: str) -> bytes:
    shades = _shades(key, WIDTH * HEIGHT // (_BLOCK * _BLOCK))
    columns = WIDTH // _BLOCK
    raster = b"".join(
        b"\x00"
        + b"".join(bytes([shades[y // _BLOCK * columns + x]]) * _BLOCK for x in range(columns))
        for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0)
    comment = b"Comment\x00" + f"{key} {caption}".encode("latin-1", "replace")
    chunks = (
        (b"IHDR", header),
        (b"tEXt", comment),
        (b"IDAT", zlib.compress(raster)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


# Code lengths and values of the Huffman tables; AC knows only "end of block".
_DC_LENGTHS = bytes([0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
# Of two bits the first; of three bits five; from then on ones that end in a nought.
_DC_CODES = ("00", "010", "011", "100", "101", "110", *("1" * n + "0" for n in range(3, 9)))
_AC_LENGTHS = bytes([1] + [0] * 15)


def _segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def _block_bits(difference: int) -> str:
    size = abs(difference).bit_length()
    value = difference if difference >= 0 else difference + (1 << size) - 1
    return _DC_CODES[size] + (format(value, f"0{size}b") if size else "") + "0"


def _jpeg(key: str, caption: str) -> bytes:
    shades = _shades(key, WIDTH * HEIGHT // (_BLOCK * _BLOCK))
    means = [shade - 128 for shade in shades]
    steps = (now - before for before, now in zip([0, *means], means, strict=False))
    bits = "".join(_block_bits(step) for step in steps)
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\x00")
    comment = f"{key} {caption}".encode()
    return b"".join(
        (
            b"\xff\xd8",
            _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
            _segment(0xFE, comment),
            _segment(0xDB, b"\x00" + bytes([_BLOCK] * 64)),  # a DC step is one grey level
            _segment(0xC0, struct.pack(">BHHBBBB", 8, HEIGHT, WIDTH, 1, 1, 0x11, 0)),
            _segment(0xC4, b"\x00" + _DC_LENGTHS + bytes(range(12))),
            _segment(0xC4, b"\x10" + _AC_LENGTHS + b"\x00"),
            _segment(0xDA, bytes([1, 1, 0, 0, 63, 0])),
            scan,
            b"\xff\xd9",
        )
    )


_PDF_PAGE = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R"
    b"/Resources<</Font<</F1 5 0 R>>>>>>"
)


def _pdf(key: str, caption: str) -> bytes:
    line = caption.encode("latin-1", "replace").decode("latin-1")
    for mark in "\\()":
        line = line.replace(mark, "\\" + mark)
    stream = f"BT /F1 12 Tf 20 150 Td (Receipt {key}) Tj 0 -20 Td ({line}) Tj ET".encode("latin-1")
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        _PDF_PAGE,
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    trailer = b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def _text(key: str, caption: str) -> bytes:
    return f"This is not a receipt: {key} {caption}\n".encode()
