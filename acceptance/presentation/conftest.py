"""What the tests of pages share: one browser, pages opened in it, and the demo's page."""

import time
from urllib.parse import urlencode

import pytest
from playwright.sync_api import sync_playwright

from acceptance.support.pages import OPTIONS, drawn, program
from retention_cli.dashboard import write_page

NOTES = [("2025-11-28", "Black Friday <b>campaign</b>"), ("2025-11-30", "Cyber week")]


@pytest.fixture(scope="session")
def data(demo, tmp_path_factory):
    """What the demo's page holds, with its path and the CPU seconds it took."""
    path = tmp_path_factory.mktemp("dashboard") / "index.html"
    before = time.process_time()
    held = write_page(path, demo, notes=NOTES)
    return {"held": held, "path": path, "seconds": time.process_time() - before}


@pytest.fixture(scope="session")
def browser():
    if not program():
        pytest.skip("needs Chromium, Chrome or Edge: no page is tested on this machine")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=program(), args=OPTIONS)


@pytest.fixture
def opened(browser):
    """Open a page: `opened(path, width=1440, locale="en-GB", lang="en", grain="month", ...)`."""
    contexts = []

    def open_page(path, width=1440, locale="en-GB", **chosen):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, locale=locale, accept_downloads=True
        )
        contexts.append(context)
        tab = context.new_page()
        tab.complaints, tab.requests = [], []
        tab.on("console", lambda message: tab.complaints.append(message.text))
        tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
        tab.on("dialog", lambda dialog: (tab.complaints.append("dialog"), dialog.dismiss()))
        tab.on("request", lambda request: tab.requests.append(request.url))
        tab.goto(path.as_uri() + ("#" + urlencode(chosen) if chosen else ""))
        drawn(tab)
        return tab

    yield open_page
    for context in contexts:
        context.close()
