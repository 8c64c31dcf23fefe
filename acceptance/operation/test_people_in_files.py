"""People planted in the inputs stand in no file under the project after everything was made."""

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import zlib
from pathlib import Path

import duckdb
import pytest

from acceptance.support.builds import copy_of_project

pytestmark = pytest.mark.everything

WORDS = ["quintavalle", "zelda", "canary-lane", "70468813"]
PERSON = {
    "name": "Zelda Quintavalle",
    "email": "zelda.quintavalle@example.com",
    "phone": "+49 151 70468813",
    "street": "Canary-Lane 17",
}
HEADER = "order_id,customer_id,ordered_at,gross_amount,customer_name,email,phone,street,note\n"


def line(order: int, amount: str = "10", day: str = "2025-01-05") -> str:
    note = f"please call {PERSON['name']}"
    people = ",".join([PERSON["name"], PERSON["email"], PERSON["phone"], PERSON["street"], note])
    return f"{order},{PERSON['email']},{day},{amount},{people}\n"


SHOPIFY = [
    "Name,Email,Financial Status,Created at,Currency,Subtotal,Total,Refunded Amount",
    "Billing Name,Billing Street,Billing Phone,Shipping Name,Shipping Address1,Shipping Phone",
    "Notes,Note Attributes,Lineitem quantity,Lineitem name,Lineitem price,Phone,Id",
]


def shopify_line(order: int, amount: str = "10") -> str:
    name, email, phone, street = PERSON.values()
    start = f"#{order},{email},paid,2025-01-05 10:00:00 +0100,EUR,{amount},{amount},0"
    people = f"{name},{street},{phone},{name},{street},{phone},for {name},to: {email}"
    return f"{start},{people},1,Mug,{amount},{phone},{order}\n"


CLEAN = HEADER + "".join(line(order) for order in range(1, 6))
INPUTS = {
    # With rows that cannot be read, of which the people in them must not be shown, either.
    "orders.csv": CLEAN + line(6, "ten") + line(7, day="soon") + f'"{PERSON["name"]},\n',
    "shopify.csv": ",".join(SHOPIFY)
    + "\n"
    + "".join(shopify_line(order) for order in range(1, 6))
    + shopify_line(6, "ten"),
}


def run(project: Path, *arguments: str) -> None:
    """Run a command of the project; what it prints must not name the person, either."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RETENTION_")}
    made = subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=project,
        env=environment | {"PYTHONPATH": str(project)},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = made.stdout + made.stderr
    assert made.returncode == 0, printed
    assert not [word for word in WORDS if word in printed.lower()], printed


def texts_of(path: Path) -> str:
    """Return what a file says in lower case, also where it is packed."""
    if path.suffix == ".parquet":
        return str(duckdb.sql(f"from '{path}'").fetchall()).lower()
    if path.suffix == ".duckdb":
        with duckdb.connect(path, read_only=True) as connection:
            tables = connection.sql(
                "select database_name, schema_name, table_name from duckdb_tables()"
            ).fetchall()
            names = ['"' + '"."'.join(table) + '"' for table in tables]
            return str([connection.sql(f"from {name}").fetchall() for name in names]).lower()
    content = path.read_bytes()
    parts = [content]
    for packed in re.findall(rb"[A-Za-z0-9+/]{200,}={0,2}", content):
        try:
            parts.append(gzip.decompress(base64.b64decode(packed)))
        except (ValueError, OSError, EOFError, zlib.error):
            continue
    return b" ".join(parts).decode("utf-8", "replace").lower()


def files_that_name_people(project: Path) -> list[tuple[str, list[str]]]:
    """Return the files below a project that hold a word of the person, with the words."""
    found = []
    for path in sorted(project.rglob("*")):
        # The test's own text is part of the project.
        if path.is_file() and not path.is_symlink() and path.name != Path(__file__).name:
            text = texts_of(path)
            words = [word for word in WORDS if word in text]
            found += [(str(path.relative_to(project)), words)] if words else []
    return found


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """A copy of the project, beside a folder of inputs."""
    folder = tmp_path_factory.mktemp("people")
    for name, content in INPUTS.items():
        (folder / name).write_text(content, encoding="utf-8")
    (folder / "clean.csv").write_text(CLEAN, encoding="utf-8")
    return copy_of_project(folder)


@pytest.mark.parametrize("name", INPUTS)
def test_no_file_names_people_after_the_door_of_files(name, project):
    run(project, "retention_cli", "build", f"../{name}", "--yes")
    assert files_that_name_people(project) == []


def test_no_file_names_people_after_the_door_of_tables_and_all_that_is_made(project):
    inputs = {"raw_orders": "../clean.csv", "customer_identity": "email"}
    run(project, "dbt.cli.main", "build", "--vars", json.dumps(inputs))
    run(project, "dbt.cli.main", "docs", "generate", "--vars", json.dumps(inputs))
    for command in ["dashboard", "docs", "check", "summary", "publish"]:
        settings = ["--vars", json.dumps(inputs)] if command in {"docs", "publish"} else []
        run(project, "retention_cli", command, *settings)
    assert files_that_name_people(project) == []


def test_a_person_would_be_found(project, tmp_path):
    page = base64.b64encode(gzip.compress((PERSON["name"] + " " * 900 + str(INPUTS)).encode()))
    (tmp_path / "page.html").write_bytes(b"<p>" + page + b"</p>")
    duckdb.sql(f"copy (select '{PERSON['phone']}' as a) to '{tmp_path / 'one.parquet'}'")
    assert [name for name, _ in files_that_name_people(tmp_path)] == ["one.parquet", "page.html"]
