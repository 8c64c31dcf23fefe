"""shop.yml: what was decided about a shop's files, with the evidence, so that it can be done again."""

import hashlib
import os
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError

from retention_cli.ingest.errors import NotUsableError
from retention_cli.ingest.imported import Imported

HEADING = """\
What `python3 retention.py build` decided about these files, and why. Change what is not right, then
run `python3 retention.py build {name}`: it does the same again without guessing, and stops where a file
no longer fits. Settings given with --vars go before those below.
"""
VERSION = 1
MARK = "# As it was written: "
KNOWN = {
    "version",
    "files",
    "orders",
    "readings",
    "settings",
    "phone_country",
    "store",
    "same_rows",
    "raw_customers",
}
KNOWN |= {"raw_refunds", "raw_costs", "raw_survey_responses", "raw_exchange_rates"}


def relative_to(path: Path, folder: Path) -> str:
    """Return a path as seen from a folder, with `/` on every system."""
    return Path(os.path.relpath(path, folder)).as_posix()


def is_shop(path: Path) -> bool:
    """Return whether a file is a shop.yml, by its name."""
    return path.suffix.lower() in {".yml", ".yaml"}


def write_shop(path: Path, imported: Imported, settings: dict[str, Any]) -> None:
    """Write what was decided; evidence stands beside each decision as a comment.

    Args:
        path: the file.
        imported: what was decided.
        settings: the settings for dbt without the inputs.
    """
    evidence = {subject: why for subject, _, why in imported.decisions}
    content = CommentedMap()
    content["version"] = VERSION
    content["files"] = {
        name: [reading.kept() for reading in readings] for name, readings in imported.files.items()
    }
    orders = CommentedMap(imported.mapping.kept())
    if imported.totals.get("explode"):
        orders["explode"] = imported.totals["explode"]
    orders["columns"] = CommentedMap(orders["columns"])
    for name in orders["columns"]:
        if why := evidence.get(f"columns.{name}"):
            orders["columns"].yaml_add_eol_comment(one_line(why), name)
    for name in ["mapping", "grain", "tax_included"]:
        if why := evidence.get(name):
            orders.yaml_add_eol_comment(one_line(why), name)
    content["orders"] = flowing(orders)
    content.update({name: value for name, value in imported.kept.items() if value})
    readings = CommentedMap()
    for subject, decision, why in imported.decisions:
        if not subject.startswith("readings."):
            continue
        _, input_name, column = subject.split(".", 2)
        own = readings.setdefault(input_name, CommentedMap())
        own[column] = (
            {"decimal_separator": decision}
            if decision in {".", ","}
            else {"order": decision}
            if decision in {"day_month", "month_day"}
            else {"written": decision}
        )
        own.yaml_add_eol_comment(one_line(why), column)
    if readings:
        content["readings"] = readings
    for name, columns in imported.other_mappings.items():
        content[name] = {"columns": columns}
    if settings:
        content["settings"] = settings
    content.yaml_set_start_comment(HEADING.format(name=path.name))
    flowing(content)
    writer = YAML()
    writer.width = 100
    writer.indent(mapping=2, sequence=4, offset=2)
    text = StringIO()
    writer.dump(content, text)
    path.write_text(text.getvalue() + mark_of(text.getvalue()), encoding="utf-8")


def mark_of(text: str) -> str:
    """Return the line below a shop.yml that tells whether somebody has changed it since."""
    return f"{MARK}{hashlib.sha256(text.encode()).hexdigest()[:16]}\n"


def is_changed(path: Path) -> bool:
    """Return whether a file is there that is not as `write_shop` wrote it."""
    if not path.is_file():
        return False
    text, mark, rest = path.read_text(encoding="utf-8", errors="replace").rpartition(MARK)
    return mark_of(text) != mark + rest


def flowing(value: Any) -> Any:
    """Return a YAML value with its lists of texts on one line each."""
    if isinstance(value, dict):
        for key, one in value.items():
            value[key] = flowing(one)
    elif isinstance(value, (list, tuple)):
        value = CommentedSeq([flowing(one) for one in value])
        if all(isinstance(one, (str, list)) for one in value):
            value.fa.set_flow_style()
    return value


def one_line(text: str) -> str:
    """Return a text that can stand in a comment."""
    return " ".join(text.split())


def read_shop(path: Path) -> dict[str, Any]:
    """Return what a shop.yml says.

    Raises:
        NotUsableError: it is no YAML, or says something that the project does not know.
    """
    try:
        content = YAML(typ="safe").load(path)
    except YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = f", line {place.line + 1}" if place else ""
        raise NotUsableError(f"{path.name}{line}: cannot be read as YAML") from error
    if not isinstance(content, dict) or "files" not in content:
        raise NotUsableError(f"{path.name}: names no files; build the files themselves")
    unknown = set(content) - KNOWN
    if unknown or content.get("version", VERSION) != VERSION:
        what = ", ".join(sorted(unknown)) or f"version {content['version']}"
        raise NotUsableError(f"{path.name}: {what} is not known; build the files again")
    found: dict[str, Any] = content
    return found
