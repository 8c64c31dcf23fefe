"""The dashboard: boards of dbt Charts over what was built last, as a page, a PDF or a server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from jinja2 import Environment

from retention_cli.project import ROOT, Marts

SOURCE = ROOT / "dashboard" / "retention.yml"
PAGE = ROOT / "dashboard" / "page.html"
LANGUAGES = ("en", "de")
PHONE_WIDTH = 360  # pixels of a board that has its charts below one another
PHONE_RATIO = 1.1  # width / height of a chart in it
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
WORD = re.compile(r"\[\[([^\]]+)\]\]")
FONT = re.compile(r"@font-face\s*\{[^}]*\}")
SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)
SVG = re.compile(r"(<div[^>]*data-dbt-board[^>]*>)(.*)</div>\s*</div>", re.DOTALL)


class DashboardError(Exception):
    """The dashboard could not be made; the message says why."""


# --- Boards ---------------------------------------------------------------------------------------


def boards(marts: Marts) -> dict[str, dict]:
    """Return the board of each language: fields of dbt Charts, and the words.

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
    """
    definitions = marts.frame("retention__metric_definitions").set_index("metric").to_dict("index")
    source = read_source()
    grains = offered(marts)["grain"]
    if grains and source["variables"]["grain"]["default"] not in grains:
        source["variables"]["grain"]["default"] = grains[0]
    return {language: board(source, language, definitions) for language in LANGUAGES}


def offered(marts: Marts) -> dict[str, list[str]]:
    """Return the values that the filters for grain and segment can have, by the filter's name."""
    keys = marts.query(
        """
        select distinct period_grain, segment_dimension, segment_value
        from retention__period_snapshots
        """
    )
    total = keys["segment_dimension"].eq("all")
    segments = keys["segment_dimension"] + ": " + keys["segment_value"]
    return {
        "grain": sorted(keys["period_grain"].unique()),
        "segment": ["all", *sorted(segments[~total].unique())],
    }


def read_source() -> dict:
    """Return what `dashboard/retention.yml` holds."""
    return yaml.safe_load(SOURCE.read_text(encoding="utf-8"))


def board(source: dict, language: str, definitions: Mapping[str, Mapping[str, str]]) -> dict:
    """Return the board of one language: fields of dbt Charts, and the words.

    Args:
        source: what `dashboard/retention.yml` holds.
        language: one of `LANGUAGES`.
        definitions: rows of retention__metric_definitions by metric.
    """
    words = {}
    for metric, definition in definitions.items():
        words[f"label {metric}"] = definition[f"label_{language}"]
        words[f"formula {metric}"] = definition["formula"].replace("_", " ")
    for name, text in source["words"].items():  # a word may use those before it
        words[name] = localised(text, language, words)
    return localised(source | {"words": words}, language, words)


def localised(part: object, language: str, words: Mapping[str, str]) -> object:
    """Return a part of the source in one language, with every [[word]] in its place."""
    match part:
        case dict() if part.keys() == set(LANGUAGES):
            return localised(part[language], language, words)
        case dict():
            return {
                localised(key, language, words): localised(value, language, words)
                for key, value in part.items()
            }
        case list():
            return [localised(item, language, words) for item in part]
        case str():
            return WORD.sub(lambda found: words[found[1]], part)
    return part


def sections(whole: dict) -> dict[str, dict]:
    """Return each section of a board as a board of its own, by its id, with the section's title."""
    shared = {key: whole[key] for key in ("source", "regional", "variables", "queries", "style")}
    return {
        section["id"]: shared
        | {"title": section["title"], "rows": section["rows"]}
        | {"charts": {name: whole["charts"][name] for name in chart_names(section["rows"])}}
        for section in whole["rows"]
    }


def served(whole: dict, language: str) -> dict[str, dict]:
    """Return the boards that are served: the sections, each with links that keep the filters."""
    filters = "".join(
        f"{{% if {name} %}}&{name}={{{{ {name} | urlencode }}}}{{% endif %}}"
        for name in whole["variables"]
    )
    links = " · ".join(
        f"[{section['title']}](/{language}/{section['id']}/?{filters})" for section in whole["rows"]
    )
    return {
        f"{language}/{name}": section | {"rows": [{"text": links}, *section["rows"]]}
        for name, section in sections(whole).items()
    }


def printed(section: dict) -> dict:
    """Return a section as it stands in the page, which has its title, filters and margins."""
    variables = {name: one | {"visible": False} for name, one in section["variables"].items()}
    style = changed(section["style"], {"frame": {"margin": 0}, "padding": 0})
    rest = {key: value for key, value in section.items() if key != "title"}
    return rest | {"variables": variables, "style": style}


def chart_names(items: list) -> Iterator[str]:
    """Yield the charts of a layout from top to bottom."""
    for item in items:
        if isinstance(item, str):
            yield item
        else:
            yield from chart_names([*item.get("rows", []), *item.get("cols", [])])


def on_a_phone(section: dict, hides: Mapping[str, list[str]]) -> dict:
    """Return a section with its charts below one another, as wide as a phone.

    Args:
        section: a board of `printed`.
        hides: columns that do not fit, by the name of their table.
    """
    rows = []
    for item in section["rows"]:
        rows += item["cols"] if isinstance(item, dict) and "cols" in item else [item]
    charts = {}
    for name, chart in section["charts"].items():
        style = {}
        if name in hides:
            style["columns"] = {column: {"visible": False} for column in hides[name]}
        if "aspect_ratio" in chart.get("style", {}):
            style["aspect_ratio"] = PHONE_RATIO
        charts[name] = changed(chart, {"style": style}) if style else chart
    style = {"frame": {"width": PHONE_WIDTH}, "charts": {"aspect_ratio": PHONE_RATIO}}
    return section | {"rows": rows, "charts": charts, "style": changed(section["style"], style)}


def changed(mapping: Mapping, changes: Mapping) -> dict:
    """Return a mapping of mappings with changes, at whatever depth they are."""
    return mapping | {
        key: changed(mapping.get(key, {}), value) if isinstance(value, Mapping) else value
        for key, value in changes.items()
    }


# --- dbt Charts -----------------------------------------------------------------------------------


def write_project(folder: Path, marts: Marts, contents: Mapping[str, dict]) -> list[Path]:
    """Write a project of dbt Charts over the marts; return the paths of its boards, by order."""
    charts = folder / "charts"
    shutil.rmtree(charts, ignore_errors=True)
    charts.mkdir(parents=True)
    source = {"type": "duckdb", "path": str(marts.database), "schema": "retention"}
    settings = yaml.safe_dump({"sources": {"marts": source}})
    (folder / "dbt_charts.yml").write_text(settings, encoding="utf-8")
    paths = []
    for name, content in contents.items():
        path = charts / f"{name}.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), "utf-8")
        paths.append(path)
    return paths


def dct(*arguments: str) -> list[str]:
    """Return the command line of dbt Charts, without its usage statistics."""
    program = shutil.which("dct", path=Path(sys.executable).parent) or "dct"
    return [program, "--no-send-anonymous-usage-stats", *arguments]


def serve(folder: Path, marts: Marts, port: int) -> None:
    """Serve the boards with their filters until interrupted.

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
    """
    contents = {}
    for language, whole in boards(marts).items():
        contents |= served(whole, language)
    write_project(folder, marts, contents)
    command = dct("serve", "--project-dir", str(folder), "--port", str(port), "--no-cache")
    with suppress(KeyboardInterrupt):
        subprocess.run(command, cwd=folder, check=False)  # noqa: S603 (the environment's own program)


# --- Page -----------------------------------------------------------------------------------------


def write_page(path: Path, marts: Marts, filters: Mapping[str, str]) -> list[str]:
    """Write the dashboard as one page that needs no server, in both languages and two widths.

    Args:
        path: the page to write.
        marts: what to show.
        filters: values of the boards' variables by name; the others keep their defaults.

    Returns:
        What could not be drawn, one text each; the page says so in its place, too.

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
        DashboardError: dbt Charts failed.
    """
    wholes = boards(marts)
    parts = {}
    for language, whole in wholes.items():
        for name, section in sections(whole).items():
            parts[f"{language}-wide-{name}"] = printed(section)
            parts[f"{language}-phone-{name}"] = on_a_phone(printed(section), whole["phone_hides"])
    drawn, problems = draw(marts, parts, filters)
    fonts = {font: None for text in drawn.values() for font in FONT.findall(text)}
    page = Environment(autoescape=True).from_string(PAGE.read_text(encoding="utf-8"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        page.render(
            languages={
                language: {
                    "title": whole["title"],
                    "sections": {section["id"]: section["title"] for section in whole["rows"]},
                    "filters": shown_filters(whole, filters),
                }
                for language, whole in wholes.items()
            },
            drawing=lambda name: drawing(name, drawn[name]),
            fonts="\n".join(fonts),
            script=SCRIPT.search(next(iter(drawn.values())))[0],
        ),
        encoding="utf-8",
    )
    return problems


def draw(
    marts: Marts, parts: Mapping[str, dict], filters: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the page that dbt Charts makes of each board, by name, and what it could not draw."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_project(folder, marts, parts)
        options = ["--format", "html", "--output", str(folder / "{stem}.html"), "--no-cache"]
        options += ["--no-warnings", "--allow-chart-errors", "--diagnostics-json"]
        options += [f"--var={name}={value}" for name, value in filters.items()]
        environment = os.environ | {"DCT_PROJECT_DIR": name}

        def render(some: list[Path]) -> subprocess.CompletedProcess:
            command = dct("render", *map(str, some), *options)
            return subprocess.run(  # noqa: S603 (the environment's own program)
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )

        halves = [half for half in (paths[::2], paths[1::2]) if half]
        with ThreadPoolExecutor() as pool:
            outcomes = list(pool.map(render, halves))
        problems = list(dict.fromkeys(text for one in outcomes for text in errors(one.stderr)))
        for outcome in outcomes:
            if outcome.returncode:
                raise DashboardError("\n".join(problems) or outcome.stderr.strip())
        pages = {part: folder / f"{part}.html" for part in parts}
        return {part: page.read_text(encoding="utf-8") for part, page in pages.items()}, problems


def errors(diagnostics: str) -> list[str]:
    """Return what dbt Charts could not draw, from its diagnostics, one JSON text a line."""
    said = [json.loads(line) for line in diagnostics.splitlines() if line.startswith("{")]
    return [f"{one['code']}: {one['message']}" for one in said if one["level"] == "error"]


def drawing(name: str, page: str) -> str:
    """Return the drawing in a page of dbt Charts, fit to stand beside others in one page.

    Its ids get the board's name, its fonts are left to the page, and each chart can be reached by
    keyboard and says its formula when pointed at.
    """
    svg = FONT.sub("", SVG.search(page)[2])
    svg = re.sub(r'(?<=\s)id="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = svg.replace('<g class="dbt-chart"', '<g tabindex="0" class="dbt-chart"')
    return re.sub(
        r'(<g tabindex="0" class="dbt-chart"[^>]*data-chart-notes="([^"]*)"[^>]*>)',
        r"\1<title>\2</title>",
        svg,
    )


def shown_filters(whole: dict, filters: Mapping[str, str]) -> list[str]:
    """Return the filters of a board as people read them."""
    return [
        f"{variable['label']}: {whole['words'].get(value, value)}"
        for name, variable in whole["variables"].items()
        if (value := filters.get(name, variable.get("default")))
    ]


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
    options.append("--disable-background-networking")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root with its sandbox
    command = [browser, *options, f"--print-to-pdf={pdf}", page.as_uri()]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if outcome.returncode or not pdf.is_file():
        raise DashboardError(f"{browser} did not print the page: {outcome.stderr.strip()}")
