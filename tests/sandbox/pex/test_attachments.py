"""Receipts: how they are listed, in which states, and what their bytes are."""

import base64
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.pex import PexSandbox
from sandbox.pex.pictures import HEIGHT, WIDTH, picture
from sandbox.pex.world import STATES
from sandbox.web import Request

Ask = Callable[..., tuple[int, Any]]
MAGIC = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff", "pdf": b"%PDF-"}


@pytest.fixture
def row(pex: PexSandbox) -> int:
    """A settled purchase without a receipt."""
    return int(pex.add_row()["TransactionId"])


def test_no_receipt_is_told_by_404(ask: Ask, row: int) -> None:
    assert ask("GET", f"/v4/Transactions/{row}/Attachments")[0] == 404


def test_the_list_gives_type_size_state_and_link(pex: PexSandbox, ask: Ask, row: int) -> None:
    receipt = pex.add_receipt(row, "jpg")
    status, body = ask("GET", f"/v4/Transactions/{row}/Attachments")
    assert (status, body["ApprovalStatus"]) == (200, "Approved")
    entry = body["Attachments"][0]
    assert (entry["AttachmentId"], entry["Type"]) == (receipt.id, "Image")
    assert (entry["Size"], entry["UploadStatus"]) == (len(receipt.content), "Loaded")
    path = entry["Link"]["related"].removeprefix("http://127.0.0.1")
    assert ask("GET", path)[0] == 200


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_listed_and_only_loaded_ones_can_be_read(
    pex: PexSandbox, ask: Ask, row: int, state: str
) -> None:
    receipt = pex.add_receipt(row, state=state)
    listed = ask("GET", f"/v4/Transactions/{row}/Attachments")[1]["Attachments"]
    assert [entry["UploadStatus"] for entry in listed] == [state]
    status = ask("GET", f"/v4/Transactions/{row}/Attachment/{receipt.id}")[0]
    assert status == (200 if state == "Loaded" else 404)


@pytest.mark.parametrize("kind", MAGIC)
def test_the_content_is_base64_of_the_file(pex: PexSandbox, ask: Ask, row: int, kind: str) -> None:
    receipt = pex.add_receipt(row, kind)
    path = f"/v4/Transactions/{row}/Attachment/{receipt.id}"
    body = ask("GET", path, "AttachmentLinkType=LinkUrl")[1]
    content = base64.b64decode(body["Content"], validate=True)
    assert content.startswith(MAGIC[kind])
    assert content == receipt.content
    assert len(content) == body["Size"]
    assert body["Type"] == ("Pdf" if kind == "pdf" else "Image")
    assert "Link" not in body


def test_an_unknown_receipt_or_link_type_is_refused(pex: PexSandbox, ask: Ask, row: int) -> None:
    receipt = pex.add_receipt(row)
    path = f"/v4/Transactions/{row}/Attachment"
    assert ask("GET", f"{path}/65aa01f0c2d3e4f5a6b7c801")[0] == 404
    assert ask("GET", f"{path}/{receipt.id}", "AttachmentLinkType=Poster")[0] == 400


def test_content_can_be_a_link_that_takes_no_pex_credentials(
    pex: PexSandbox, ask: Ask, row: int
) -> None:
    pex.switch(attachment_urls=True)
    receipt = pex.add_receipt(row, "pdf")
    link = ask("GET", f"/v4/Transactions/{row}/Attachment/{receipt.id}")[1]["Content"]
    path = link.removeprefix("http://127.0.0.1")
    answer = pex.application(Request("GET", path))
    assert (answer.status, answer.body) == (200, receipt.content)
    assert answer.headers["content-type"] == "application/pdf"
    assert ask("GET", path)[0] == 400


def test_content_can_be_a_data_uri(pex: PexSandbox, ask: Ask, row: int) -> None:
    pex.switch(attachment_data_uris=True)
    receipt = pex.add_receipt(row, "png")
    content = ask("GET", f"/v4/Transactions/{row}/Attachment/{receipt.id}")[1]["Content"]
    assert content.startswith("data:image/png;base64,iVBOR")


def test_a_receipt_may_not_be_what_it_says(pex: PexSandbox, ask: Ask, row: int) -> None:
    receipt = pex.add_receipt(row, "text", type="Pdf")
    body = ask("GET", f"/v4/Transactions/{row}/Attachment/{receipt.id}")[1]
    assert body["Type"] == "Pdf"
    assert base64.b64decode(body["Content"]).startswith(b"This is not")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "NotReviewed"),
        ("Rejected", "NotReviewed"),
        ("NoReceipt", "NotReviewed"),
        ("Approved", "Approved"),
    ],
)
def test_a_new_receipt_asks_for_a_review_unless_approved(
    pex: PexSandbox, before: str | None, after: str
) -> None:
    row = pex.add_row({"MetadataApprovalStatus": before})
    pex.add_receipt(row["TransactionId"])
    assert row["MetadataApprovalStatus"] == after


def test_a_receipt_is_uploaded_replaced_and_deleted(ask: Ask, row: int) -> None:
    path = f"/v4/Transactions/{row}/Attachment"
    png = base64.b64encode(picture("png", "a", "b")).decode()
    status, body = ask("POST", path, body={"Content": png, "Type": "Image"})
    assert status == 200
    one = body["Link"]["self"].removeprefix("http://127.0.0.1")
    assert ask("GET", one)[1]["Content"] == png
    pdf = base64.b64encode(picture("pdf", "a", "b")).decode()
    assert ask("PUT", one, body={"Content": pdf, "Type": "Pdf"})[0] == 200
    assert ask("GET", one)[1]["Content"] == pdf
    assert ask("DELETE", one)[0] == 200
    assert ask("GET", one)[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"Content": "not base64!", "Type": "Image"},
        {"Content": "aGk=", "Type": "Video"},
        {"Type": "Image"},
        {"Content": base64.b64encode(b"%PDF-" + bytes(10_000_000)).decode(), "Type": "Pdf"},
    ],
    ids=["not base64", "unknown type", "no content", "too large"],
)
def test_an_upload_that_pex_would_not_take_is_refused(
    ask: Ask, row: int, body: dict[str, str]
) -> None:
    assert ask("POST", f"/v4/Transactions/{row}/Attachment", body=body)[0] == 400


def test_the_same_receipt_has_the_same_bytes_and_others_have_others() -> None:
    for kind in MAGIC:
        picture.cache_clear()
        first = picture(kind, "a", "Deli")
        picture.cache_clear()
        assert picture(kind, "a", "Deli") == first
        assert picture(kind, "b", "Deli") != first


def test_a_png_is_a_complete_grey_picture() -> None:
    data = picture("png", "a", "Café")
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        (check,) = struct.unpack(">I", data[at + 8 + size : at + 12 + size])
        assert check == zlib.crc32(name + content)
        chunks[name], at = content, at + 12 + size
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (WIDTH, HEIGHT)
    assert len(zlib.decompress(chunks[b"IDAT"])) == HEIGHT * (WIDTH + 1)


def test_a_jpeg_decodes_to_one_grey_level_a_block() -> None:
    """Reads the scan by its own Huffman table, as a decoder would."""
    data = picture("jpg", "a", "Deli")
    segments, at = {}, 2
    while data[at + 1] != 0xDA:
        (size,) = struct.unpack(">H", data[at + 2 : at + 4])
        segments[data[at + 1], data[at + 4]] = data[at + 4 : at + 2 + size]
        at += 2 + size
    table = segments[0xC4, 0x00]
    codes, code, symbol = dict[str, int](), 0, 17
    for length in range(1, 17):
        for _ in range(table[length]):
            codes[format(code, f"0{length}b")] = table[symbol]
            code, symbol = code + 1, symbol + 1
        code <<= 1
    scan = data[at + 10 : -2].replace(b"\xff\x00", b"\xff")
    bits, levels, level = format(int.from_bytes(scan), f"0{len(scan) * 8}b"), list[int](), 0
    while len(levels) < WIDTH * HEIGHT // 64:
        size = next(len(head) for n in range(2, 10) if (head := bits[:n]) in codes)
        length, bits = codes[bits[:size]], bits[size:]
        value, bits = int(bits[:length] or "0", 2), bits[length:]
        level += value if not length or value >> (length - 1) else value - (1 << length) + 1
        levels.append(level + 128)
        assert bits[0] == "0"
        bits = bits[1:]
    assert set(bits) <= {"1"}
    assert data.endswith(b"\xff\xd9")
    assert all(0 <= level <= 255 for level in levels)
    assert len(set(levels)) > 10


def test_a_pdf_finds_its_objects_where_its_table_says() -> None:
    data = picture("pdf", "a", "Joe (the nail) 12.50")
    start = int(data.split(b"startxref\n")[1].split(b"\n")[0])
    assert data[start:].startswith(b"xref\n0 6\n")
    for number, line in enumerate(data[start:].splitlines()[3:8], 1):
        assert data[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    assert b"Joe \\(the nail\\) 12.50" in data
