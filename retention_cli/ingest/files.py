"""Which files are meant, what kind each is, and the text in them: in UTF-8, one line end."""

import codecs
import glob
import gzip
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from charset_normalizer import from_bytes
from numpy.typing import NDArray

from retention_cli.ingest.errors import NotUsableError

CHUNK = 1 << 18  # bytes read at once, which fit into the cache of a processor
HEAD = 1 << 16
# Letters and signs that the languages of the synonyms write outside ASCII.
USUAL_LETTERS = set(
    "äöüßéèêëàâîïôûùçñáíóúìòãõæœøåąćęłńśźżÄÖÜÉÈÀÂÇÑÁÍÓÚÃÕĄĆĘŁŃŚŹŻÅØ€£–—’‘“”„…°ºª·×¡¿«»"
)
# In this order where several read a file equally well: the more usual first.
SINGLE_BYTE_ENCODINGS = ["cp1252", "mac_roman", "cp1250", "cp850"]
BYTE_ORDER_MARKS = [
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]

# The encoding of a file of which each line is in UTF-8 or in another one.
UTF_8_OR = "utf-8 or "

Progress = Callable[[int], None]


def no_progress(read_bytes: int) -> None:
    """Tell nobody how many more bytes were read."""


@dataclass(frozen=True)
class TextFile:
    """A text file as DuckDB can read it, and what was found out about it.

    Attributes:
        path: the file itself, or a copy in UTF-8 with line feeds.
        encoding: what the file is written in.
        lines: its lines that are not empty.
        quotes: the double quotes in it.
        is_damaged: it holds bytes that its encoding has not, or null bytes.
    """

    path: Path
    encoding: str
    lines: int
    quotes: int
    is_damaged: bool = False


def find_files(names: list[str], folder: Path) -> list[Path]:
    """Return the files that names or globs stand for, relative to a folder.

    Raises:
        NotUsableError: no such file.
    """
    found: list[Path] = []
    for name in names:
        path = folder / Path(name).expanduser()
        if path.is_file():
            matching = [path]
        elif path.is_dir():
            raise NotUsableError(f"{name}: is a folder; name the files in it, such as {name}/*.csv")
        else:
            matching = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]  # noqa: PTH207 (of any folder)
            matching = [match for match in matching if match.is_file()]
        if not matching:
            raise NotUsableError(f"{name}: there is no such file")
        found += [match for match in matching if match not in found]
    return found


def kind_of(path: Path) -> str:
    """Return what a file holds by its first bytes: gzip, zip, parquet, workbook, json or text.

    Raises:
        NotUsableError: it is empty, or of a kind that cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise NotUsableError(f"{path.name}: the file is empty")
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "zip" if head[:2] == b"PK" and not is_workbook(path) else "workbook"
    if head.startswith(b"%PDF"):
        raise NotUsableError(f"{path.name}: is a PDF; export the table as CSV")
    text = head.decode(encoding_by_mark(head) or encoding_by_nulls(head) or "utf-8", "replace")
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith(("{", "[{", "[]")) or re.match(r"\[\s*[{\[]", text):
        return "json"
    if re.match(r"(<!doctype )?<(html|\?xml)", text, re.IGNORECASE):
        raise NotUsableError(f"{path.name}: is a web page or XML; export it as CSV or a workbook")
    if re.match(r'"?(EXTF|DTVF)"?;', text):
        raise NotUsableError(
            f"{path.name}: is a file of bookings for DATEV, not of orders; export the orders or invoices"
            " of your shop or till"
        )
    return "text"


def is_workbook(path: Path) -> bool:
    """Return whether an archive is a workbook of Excel or OpenDocument; a damaged one is taken for it."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except zipfile.BadZipFile:
        return path.suffix.lower() != ".zip"
    return any(name in {"[Content_Types].xml", "mimetype", "content.xml"} for name in names)


def unzip(path: Path, copy: Path, progress: Progress = no_progress) -> Path:
    """Unpack the only file of an archive into a copy, and return that.

    Raises:
        NotUsableError: it holds several files, is damaged or has a password.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [
                one.filename
                for one in archive.infolist()
                if not one.is_dir() and not re.search(r"(^|/)(\.|__MACOSX/)", one.filename)
            ]
            if len(names) != 1:
                raise NotUsableError(
                    f"{path.name}: contains {len(names)} files ({', '.join(names[:5])}); unpack the"
                    " archive and name the files to read"
                )
            with archive.open(names[0]) as file, copy.open("wb") as target:
                while chunk := file.read(CHUNK):
                    target.write(chunk)
        progress(path.stat().st_size)
    except (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError) as error:
        raise NotUsableError(
            f"{path.name}: the archive is damaged or has a password; unpack it and name the file in it"
        ) from error
    return copy


def unpack(path: Path, copy: Path, progress: Progress = no_progress) -> Path:
    """Unpack a gzip file into a copy, and return that.

    Raises:
        NotUsableError: it ends early, or is not what its checksum says.
    """
    try:
        with path.open("rb") as packed, gzip.open(packed) as file, copy.open("wb") as target:
            at = 0
            while chunk := file.read(CHUNK):
                target.write(chunk)
                progress(packed.tell() - at)
                at = packed.tell()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        reason = "ends early" if isinstance(error, EOFError) else "fails its checksum"
        raise NotUsableError(
            f"{path.name}: the compressed file {reason}; download or export it again"
        ) from error
    return copy


def encoding_by_mark(head: bytes) -> str | None:
    """Return the encoding that a byte-order mark names."""
    return next((name for mark, name in BYTE_ORDER_MARKS if head.startswith(mark)), None)


def encoding_by_nulls(head: bytes) -> str | None:
    """Return the encoding that null bytes between Latin letters give away."""
    half = len(head) // 2
    if not half or head.count(0) < 0.3 * len(head):
        return None
    if head[2::4].count(0) + head[3::4].count(0) > 0.9 * half:
        return "utf-32-le"
    if head[0::4].count(0) + head[1::4].count(0) > 0.9 * half:
        return "utf-32-be"
    return "utf-16-le" if head[1::2].count(0) > head[0::2].count(0) else "utf-16-be"


def guess_encoding(path: Path) -> str:
    """Return the encoding of a text file: its mark, UTF-8 where that is valid, else the likeliest."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    known = encoding_by_mark(head) or encoding_by_nulls(head)
    if known:
        return known
    sample, valid, invalid = b"", 0, 0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if chunk.isascii():
                decoder.reset()
                continue
            text = decoder.decode(chunk)
            invalid += text.count("\ufffd")
            valid += sum(1 for character in text if ord(character) > 127) if invalid else 0
            lines = (line for line in chunk.splitlines(keepends=True) if not line.isascii())
            for line in lines:
                if len(sample) > HEAD:
                    break
                sample += line
    # A file in UTF-8 with a few damaged bytes is still one; its damaged rows are listed.
    if not invalid or valid - invalid > invalid:
        return "utf-8"
    if valid == invalid:
        return likeliest_encoding(sample)
    # Files in two encodings put together: each line is in its own.
    others = b"".join(line for line in sample.splitlines(keepends=True) if not is_utf8(line))
    return UTF_8_OR + likeliest_encoding(others)


def is_utf8(line: bytes) -> bool:
    """Return whether a line is valid UTF-8."""
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def likeliest_encoding(sample: bytes) -> str:
    """Return the encoding that makes usual letters and signs of bytes that are no UTF-8."""
    scores = {name: usualness(sample, name) for name in SINGLE_BYTE_ENCODINGS}
    best = max(SINGLE_BYTE_ENCODINGS, key=lambda name: scores[name])
    if scores[best] >= 0.75:
        return best
    match = from_bytes(sample).best()
    return match.encoding if match else best


def usualness(sample: bytes, encoding: str) -> float:
    """Return which share of the characters beyond ASCII are usual ones in usual places."""
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return 0.0
    marks = [(at, mark) for at, mark in enumerate(text) if ord(mark) > 127]
    usual = 0.0
    for at, mark in marks:
        if mark in USUAL_LETTERS:
            # A capital after a small letter is a sign of the wrong encoding.
            odd = mark.isupper() and at and text[at - 1].islower()
            usual += 0.3 if odd else 1.0
    return usual / len(marks) if marks else 0.0


def read_text(
    path: Path, copy: Path, encoding: str | None = None, progress: Progress = no_progress
) -> TextFile:
    """Return a text file that DuckDB can read, which is a copy where the file itself is not.

    Args:
        path: the file.
        copy: where a copy may be written.
        encoding: what it is written in, where that is known.
        progress: told of every byte read.

    Raises:
        NotUsableError: it is not written in the encoding that was decided on.
    """
    found = encoding or guess_encoding(path)
    if found == "utf-8":
        lines, quotes, is_plain = survey(path, progress)
        if is_plain:
            return TextFile(path, found, lines, quotes)
    is_damaged = transcode(path, copy, found)
    lines, quotes, _ = survey(copy, progress)
    if not lines:
        raise NotUsableError(f"{path.name}: the file is empty")
    return TextFile(copy, found, lines, quotes, is_damaged)


def survey(path: Path, progress: Progress = no_progress) -> tuple[int, int, bool]:
    """Count a file's lines that are not empty and its quotes, and say whether it is plain UTF-8.

    Plain is a file without byte-order mark, null bytes and carriage returns in other places than
    before line feeds.
    """
    lines, quotes, is_plain, rest = 0, 0, True, b""
    decoder = codecs.getincrementaldecoder("utf-8")()
    pending = False
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            progress(len(chunk))
            quotes += int(np.count_nonzero(where(chunk, '"')))
            if is_plain:
                if pending or not chunk.isascii():
                    try:
                        decoder.decode(chunk)
                        pending = bool(decoder.getstate()[0])
                    except UnicodeDecodeError:
                        is_plain = False
                if b"\0" in chunk:
                    is_plain = False
            block = rest + chunk
            end = block.rfind(b"\n") + 1
            whole, rest = block[:end], block[end:]
            filled, has_stray_returns = filled_lines(whole)
            lines += filled
            is_plain = is_plain and not has_stray_returns
    if pending or b"\r" in rest:
        is_plain = False
    return lines + bool(rest.strip(b"\r")), quotes, is_plain


def where(block: bytes, character: str) -> NDArray[np.bool_]:
    """Return which bytes of a block are an ASCII character; to count them so is faster than `bytes.count`."""
    found: NDArray[np.bool_] = np.frombuffer(block, np.uint8) == ord(character)
    return found


def filled_lines(block: bytes) -> tuple[int, bool]:
    """Return how many lines of a block of whole lines are not empty, and whether it has stray carriage returns."""
    if not block:
        return 0, False
    ends = where(block, "\n")
    if b"\r" in block:
        returns = where(block, "\r")
        if np.count_nonzero(returns) != np.count_nonzero(returns[:-1] & ends[1:]):
            return sum(1 for line in block.split(b"\n") if line.strip(b"\r")), True
        ends |= returns
    # A line that is not empty begins where an end is before what is none.
    return int(np.count_nonzero(ends[:-1] & ~ends[1:])) + bool(not ends[0]), False


def transcode(path: Path, copy: Path, encoding: str) -> bool:
    """Write a copy of a text file in UTF-8 with line feeds; return whether it was damaged.

    Carriage returns end lines only in a file that has no line feeds; elsewhere they are content.
    """
    is_damaged = False
    text_parts = []
    with path.open("rb") as file:
        if encoding.startswith(UTF_8_OR):
            other = encoding.removeprefix(UTF_8_OR)
            text_parts = [
                line.decode("utf-8" if is_utf8(line) else other, "replace") for line in file
            ]
            encoding = "utf-8"
        decoder = codecs.getincrementaldecoder(encoding)("replace")
        while chunk := file.read(CHUNK):
            text_parts.append(decoder.decode(chunk))
        text_parts.append(decoder.decode(b"", final=True))
    text = "".join(text_parts).removeprefix("\ufeff").replace("\r\n", "\n")
    if "\n" not in text:
        text = text.replace("\r", "\n")
    is_damaged = "\ufffd" in text or "\0" in text
    copy.write_text(text, encoding="utf-8", errors="replace", newline="")
    return is_damaged
