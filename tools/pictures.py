"""Make the pictures of the README anew: the dashboard of the demo shop, and how the data flows.

    python3 retention.py demo && .venv/bin/python -m tools.pictures

The picture of the dashboard carries a hash of what its first screen says. A test compares both
pictures with what this writes.
"""

import hashlib
import shutil
import struct
import sys
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from retention_cli.dashboard import BROWSERS, write_page
from retention_cli.project import ROOT, Project

PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 1180}
KEYWORD = b"First screen"
FIRST_SCREEN = "h1, #facts span:not(:last-child), #sentences p, #cards article"
# Each step of the data's way: its name and two lines about it.
FLOW = (
    ("Files, tables", "any export;", "a table, a model"),
    ("Staging", "columns under", "the project's names"),
    ("Records", "typed, checked;", "else rejected"),
    ("Customers, periods", "identity, orders,", "activity, cohorts"),
    ("Marts", "retention__*", "tables and views"),
    ("Readers", "dashboard, docs,", "BI tools, files"),
)
FLOW_TITLE = (
    "Files and tables become records, then customers and periods, then the marts that people read"
)
BOX, STEP, TOP = (150, 90), 180, 20  # pixels: of a box, from one to the next, above them


def data_flow() -> str:
    """Return the picture of the data's way as SVG."""
    width, height = BOX
    across = STEP * len(FLOW) - 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="130"'
        f' viewBox="0 0 {across} 130"'
        ' role="img" font-family="sans-serif" font-size="13">',
        f"<title>{FLOW_TITLE}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for place, (name, *about) in enumerate(FLOW):
        left = 10 + STEP * place
        lines.append(
            f'<rect x="{left}" y="{TOP}" width="{width}" height="{height}" rx="6"'
            f' fill="{"#d9eaf7" if name == "Marts" else "#f3f3f3"}" stroke="#555555"/>'
        )
        for down, text, weight in zip(
            (28, 52, 70), (name, *about), (' font-weight="bold"', "", ""), strict=True
        ):
            lines.append(
                f'<text x="{left + width // 2}" y="{TOP + down}" text-anchor="middle"{weight}>'
                f"{text}</text>"
            )
        if place:
            tip, middle = left - 7, TOP + height // 2
            lines.append(
                f'<path d="M{tip - 20} {middle} H{tip - 2} M{tip - 7} {middle - 5} L{tip} {middle}'
                f' L{tip - 7} {middle + 5}" fill="none" stroke="#555555" stroke-width="2"/>'
            )
    return "\n".join([*lines, "</svg>", ""])


def first_screen(tab: Page) -> str:
    """Return a hash of what the first screen of an opened dashboard says."""
    texts = tab.locator(FIRST_SCREEN).all_inner_texts()
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def with_text(png: bytes, text: str) -> bytes:
    """Return a PNG with a text in it (a tEXt chunk before its end)."""
    content = b"tEXt" + KEYWORD + b"\0" + text.encode("latin-1")
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    end = png.rindex(b"IEND") - 4
    return png[:end] + chunk + png[end:]


def text_of(png: bytes) -> str:
    """Return the text that `with_text` put into a PNG, "" where there is none."""
    start = png.find(KEYWORD + b"\0")
    if start < 0:
        return ""
    (length,) = struct.unpack(">I", png[start - 8 : start - 4])
    return png[start : start + length].partition(b"\0")[2].decode("latin-1")


def dashboard() -> bytes:
    """Return the picture of the first screen of what is built in place."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not program:
        sys.exit("no Chromium, Chrome or Edge found, which draws the dashboard")
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Path(folder) / "index.html"
        write_page(page, Project.in_place().marts)
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        tab = browser.new_page(viewport=SIZE)
        tab.goto(f"{page.as_uri()}#lang=en")
        tab.wait_for_selector("body[data-drawn=all]", state="attached")
        picture = with_text(tab.screenshot(), first_screen(tab))
        browser.close()
    return picture


def main() -> None:
    """Write both pictures."""
    (PICTURES / "data_flow.svg").write_text(data_flow(), encoding="utf-8")
    (PICTURES / "dashboard.png").write_bytes(dashboard())


if __name__ == "__main__":
    main()
