"""Writes the page: data, words, style, scripts and licences in one file that fetches nothing."""

import base64
import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep

import yaml

from retention_cli.dashboard.data import DashboardError, Json, is_demo, read_data
from retention_cli.project import Marts

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
# In the order in which they use one another.
SCRIPTS = ("words.js", "state.js", "values.js", "drawing.js", "charts.js", "tables.js", "main.js")
LICENCES = ("NOTICE-echarts.txt", "LICENSE-echarts.txt", "LICENSE-zrender.txt", "LICENSE-d3.txt")
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)


def write_page(
    path: Path, marts: Marts, shop: str = "", notes: Iterable[tuple[str, str]] = ()
) -> Json:
    """Write the dashboard as one page that needs no server; return what the page holds.

    Args:
        path: the page to write.
        marts: what to show.
        shop: name of the shop; empty: the name of the database's file.
        notes: dated remarks that charts show, (ISO date, text).

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
    """
    demo = is_demo(marts)
    documented = (path.parent.parent / "static_index.html").is_file()
    built = datetime.fromtimestamp(marts.database.stat().st_mtime, tz=UTC)
    data = read_data(
        marts,
        {
            "shop": shop or ("" if demo else marts.database.stem),
            "demo": demo,
            "built_at": f"{built:%Y-%m-%dT%H:%M:00Z}",
            "docs": "../static_index.html" if documented else "",
        },
        notes,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page_of(data), encoding="utf-8")
    return data


def page_of(data: Json) -> str:
    """Return the page's text.

    The data is compressed and in base 64: a third of the size, and no text of the data can be read
    as HTML.
    """
    words = yaml.safe_load((HERE / "assets" / "words.yml").read_text(encoding="utf-8"))
    parts = {
        "POLICY": POLICY,
        "STYLE": read("assets/style.css"),
        "LIBRARY": read("vendor/echarts.common.min.js"),
        "DATA": packed(data),
        "WORDS": packed(words),
        "SCRIPT": "\n".join(read(f"assets/{name}") for name in SCRIPTS),
        "LICENCES": escaped("\n\n".join(read(f"vendor/{name}") for name in LICENCES)),
    }
    page = read("assets/index.html")
    for name, text in parts.items():
        page = page.replace(f"<!-- {name} -->", text)
    return page


def read(name: str) -> str:
    """Return the text of a file of this package."""
    return (HERE / name).read_text(encoding="utf-8")


def packed(content: object) -> str:
    """Return JSON, compressed without a time stamp, so that the same content is the same text."""
    # Python writes NaN where JSON, and so the browser, knows none.
    text = json.dumps(
        content, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str
    )
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def escaped(text: str) -> str:
    """Return text as HTML shows it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def serve(folder: Path, port: int) -> None:
    """Serve the pages of a folder to this machine until interrupted, or until the parent ends."""
    parent = os.getppid()  # before anybody can see that it serves, and end
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("localhost", port), handler) as server, suppress(KeyboardInterrupt):
        Thread(target=end_with_parent, args=[server, parent], daemon=True).start()
        server.serve_forever()


def end_with_parent(server: ThreadingHTTPServer, parent: int) -> None:
    """Stop a server when the process that started this one is gone: nobody could stop it then."""
    while os.getppid() == parent:
        sleep(0.5)
    server.shutdown()


def print_page(page: Path, pdf: Path) -> None:
    """Print a page to a PDF with a browser of the machine.

    Raises:
        DashboardError: there is no browser that prints, or it failed.
    """
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not browser:
        raise DashboardError(
            f"no Chromium, Chrome or Edge found; open {page} in any browser and print it"
        )
    options = ["--headless", "--disable-gpu", "--no-pdf-header-footer"]
    options += ["--disable-background-networking", "--virtual-time-budget=10000"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root with its sandbox
    command = [browser, *options, f"--print-to-pdf={pdf}", page.as_uri()]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if outcome.returncode or not pdf.is_file():
        raise DashboardError(f"{browser} did not print the page: {outcome.stderr.strip()}")
