"""Pages in a browser: which one, and a look at what is drawn."""

import shutil
from pathlib import Path

from retention_cli.dashboard import BROWSERS

FAULTS = (Path(__file__).parent / "page_faults.js").read_text(encoding="utf-8")
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
A4 = 703  # pixels of a sheet between its margins
WIDTHS = [390, 768, 1440, A4]


def program():
    """The machine's browser, None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def drawn(tab):
    """Wait until all of a page is drawn."""
    tab.wait_for_selector("body[data-drawn=all]", state="attached", timeout=60_000)


def looked_at(tab, width, language, **chosen):
    """What is wrong with a page at a width (`A4`: as it is printed) and in a language."""
    tab.emulate_media(media="print" if width == A4 else "screen")
    tab.set_viewport_size({"width": width, "height": 900})
    tab.evaluate("chosen => change(chosen)", {"lang": language, **chosen})
    drawn(tab)
    return [*tab.evaluate(FAULTS), *tab.complaints]
