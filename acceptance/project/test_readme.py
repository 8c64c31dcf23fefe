"""The README and the pages it leads to: short, complete, and without dead links."""

import re

import pytest
import yaml

from retention_cli.project import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    files = [target for target in targets if not target.startswith(("http:", "https:"))]
    assert [target for target in files if not (page.parent / target).exists()] == []


def test_every_setting_is_documented():
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    settings = project["vars"]["retention"].keys()
    text = "".join((ROOT / "docs" / f"{page}.md").read_text() for page in ("settings", "inputs"))
    assert [name for name in sorted(settings) if f"`{name}`" not in text] == []
