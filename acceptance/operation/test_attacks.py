"""The attack matrix: what is in the folder, what is typed there, and what has to come of it.

Attacks on what is published are in acceptance/publication, those on values of cells in
acceptance/inputs.
"""

import gzip
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest

from retention_cli.__main__ import main
from retention_cli.cli import write_docs_page
from retention_cli.project import DATABASE_VARIABLE, ROOT

ORDERS = "order_id,customer_id,ordered_at,gross_amount\n1,ann,2024-01-01,10.00\n"
PACKED = gzip.compress(ORDERS.encode())
ESCAPE = "\x1b"
MARTS = "a DuckDB file with a table of marts"  # made by the test, where a file's content is this
LINK = "a link to shop.duckdb"


@dataclass(frozen=True)
class Attack:
    """Files by name, the command, a part of its answer, its exit code, what is never in it."""

    files: dict[str, str | bytes]
    command: list[str]
    answer: str
    code: int = 1
    never: str = ESCAPE
    environment: dict[str, str] = field(default_factory=dict)


def query(database: str) -> Attack:
    """A file of marts under a name that has to work."""
    return Attack({database: MARTS}, ["query", "from t"], "1", 0, environment=at(database))


def named(database: str, answer: str) -> Attack:
    """A file of marts under a name that has to be refused by name."""
    return Attack({database: MARTS}, ["query", "from t"], answer, environment=at(database))


def at(database: str) -> dict[str, str]:
    return {DATABASE_VARIABLE: database}


def settings(text: str) -> Attack:
    """Settings that dbt would run as code."""
    answer = "which dbt takes for code; rename the file or the value"
    return Attack({}, ["publish", "--folder", "published", "--vars", text], answer)


# fmt: off
ATTACKS = {
    "a file of passwords":         Attack({"passwd": "root:x:0:0:root:/root:/bin/sh\nann:x:1:1::/:/bin/sh\n"}, ["inspect", "passwd"], "passwd: is not a table of orders", never="root:x"),
    "a list of secrets":           Attack({"keys.csv": "hunter2,swordfish\nopen,sesame\n"}, ["inspect", "keys.csv", "--yes"], "keys.csv: is not a table of orders", never="hunter2"),
    "a compressed file cut off":   Attack({"o.csv.gz": PACKED[:-9]}, ["inspect", "o.csv.gz"], "o.csv.gz: the compressed file ends early; download or export it again"),
    "a compressed file damaged":   Attack({"o.csv.gz": PACKED[:-8] + bytes(8)}, ["inspect", "o.csv.gz"], "o.csv.gz: the compressed file fails its checksum"),
    "a folder":                    Attack({"orders/a.csv": ORDERS}, ["inspect", "orders"], "orders: is a folder; name the files in it"),
    "control signs in a column":   Attack({"o.csv": ORDERS.replace("\n", f",{ESCAPE}]0;mine\x07\n")}, ["inspect", "o.csv", "--yes"], "Verdict: ready", 0),
    "control signs in a name":     Attack({}, ["inspect", f"{ESCAPE}[2J.csv"], "\\x1b[2J.csv: there is no such file"),
    "markup in a name":            Attack({}, ["inspect", "[bold]x[/bold].csv"], "[bold]x[/bold].csv: there is no such file"),
    "a formula in a cell":         Attack({"o.csv": ORDERS.replace("ann", "=1+1")}, ["inspect", "o.csv", "--yes"], "Verdict: ready", 0),
    "$PWD is elsewhere":           Attack({"o.csv": ORDERS}, ["inspect", "o.csv", "--yes"], "Verdict: ready", 0, environment={"PWD": "/"}),
    "$PWD is nowhere":             Attack({"o.csv": ORDERS}, ["inspect", "o.csv", "--yes"], "Verdict: ready", 0, environment={"PWD": "/nowhere"}),
    "code in a setting":           settings('{raw_orders: "{{ 1 + 1 }}.csv"}'),
    "code in a list":              settings('{excluded_statuses: ["{% do x %}"]}'),
    "code in a name of a column":  settings('{columns: {raw_orders: {order_id: "{# x #}"}}}'),
    "settings that are no dict":   Attack({}, ["publish", "--vars", "[1]"], "--vars: give a dictionary"),
    "a quote in the file's name":  named("it's.duckdb", "it's.duckdb has a quote or another character in its name"),
    "a file called temp":          named("temp.duckdb", "temp.duckdb has the name of a schema in it or of a part of DuckDB"),
    "a file called as its schema": named("retention.duckdb", "retention.duckdb has the name of a schema in it"),
    "a blank in the file's name":  query("my shop.duckdb"),
    "an SQL word as its name":     query("select.duckdb"),
    "letters of other languages":  query("läden.duckdb"),
    "a link to the file":          Attack({"shop.duckdb": MARTS, "link.duckdb": LINK}, ["query", "from t"], "1", 0, environment=at("link.duckdb")),
    "a file of something else":    Attack({"x.duckdb": "no database"}, ["summary"], "x.duckdb", environment=at("x.duckdb")),
    "a taken name":                Attack({"published/parquet/latest/a": "mine"}, ["publish", "--folder", "published"], "latest: is not what `publish` puts there"),
    "nothing to verify":           Attack({}, ["publish", "--folder", "published", "--verify"], "nothing is published here"),
}
# fmt: on


def fill(folder: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content == MARTS:
            made = path.with_name("made.duckdb")
            with duckdb.connect(made) as connection:
                connection.execute("create schema retention; create table retention.t as select 1")
            made.rename(path)
        elif content == LINK:
            path.symlink_to("shop.duckdb")
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_attack(attack, tmp_path, monkeypatch, capsys):
    fill(tmp_path, attack.files)
    monkeypatch.chdir(tmp_path)
    for name, value in attack.environment.items():
        inside = name == DATABASE_VARIABLE
        monkeypatch.setenv(name, str(tmp_path / value) if inside else value)
    monkeypatch.setattr(sys, "argv", ["retention", *attack.command])
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    said = capsys.readouterr()
    answer = said.out + said.err + (code if isinstance(code, str) else "")
    assert attack.answer in answer.replace("\n", " ").replace("  ", " ")
    assert (1 if isinstance(code, str) else code or 0) == attack.code
    assert attack.never not in answer
    assert "Traceback" not in answer


def test_a_column_that_closes_the_script_does_not_run_in_the_page_of_the_docs(tmp_path):
    (tmp_path / "index.html").write_text(
        '<script>m = "MANIFEST.JSON INLINE DATA"; c = "CATALOG.JSON INLINE DATA"</script>'
    )
    for name in ("manifest", "catalog"):
        (tmp_path / f"{name}.json").write_text('{"</script><script>alert(1)</script>": "<!--"}')
    write_docs_page(tmp_path)
    page = (tmp_path / "static_index.html").read_text()
    assert page.count("<script>") == page.count("</script>") == 1
    assert "<!--" not in page
    assert "\\u003c/script>\\u003cscript>alert(1)" in page


HOLDER = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"


def test_who_has_the_database_open_is_said_in_one_line(tmp_path, monkeypatch, capsys):
    fill(tmp_path, {"shop.duckdb": MARTS})
    monkeypatch.setenv(DATABASE_VARIABLE, str(tmp_path / "shop.duckdb"))
    monkeypatch.setattr(sys, "argv", ["retention", "summary"])
    command = [sys.executable, "-c", HOLDER, tmp_path / "shop.duckdb"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline()
        with pytest.raises(SystemExit) as refusal:
            main()
        holder.communicate(b"\n")
    assert f"(process {holder.pid}) has the file open; close it there" in refusal.value.code
    assert "\n" not in refusal.value.code


def test_imported_files_are_for_their_owner_only(tmp_path, monkeypatch):
    fill(tmp_path, {"o.csv": ORDERS})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETENTION_IMPORTS_PATH", str(tmp_path / "imports"))
    monkeypatch.setattr(sys, "argv", ["retention", "ingest", "o.csv", "--yes"])
    before = os.umask(0o022)
    try:
        with pytest.raises(SystemExit):
            main()
    finally:
        os.umask(before)
    made = [tmp_path / "imports", *(tmp_path / "imports").rglob("*")]
    assert len(made) > 2
    assert [path for path in made if path.stat().st_mode & 0o077] == []


PARENT = """
import subprocess, sys
server = "from pathlib import Path; from retention_cli.dashboard import serve"
server += "; serve(Path('.'), int(%r))" % sys.argv[1]
child = subprocess.Popen([sys.executable, "-c", server])
print(child.pid, flush=True)
input()
"""


def test_a_served_dashboard_ends_with_its_parent(tmp_path):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(port)],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    server = int(parent.stdout.readline())
    wait_for(lambda: answers(port))
    parent.kill()
    parent.wait()
    wait_for(lambda: not runs(server))


def wait_for(condition: Callable[[], bool]) -> None:
    """Look again and again, for the half of a minute that a busy machine may take."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not come to that")


def answers(port: int) -> bool:
    """Does somebody serve at a port of this machine?"""
    with suppress(OSError), socket.create_connection(("localhost", port)):
        return True
    return False


def runs(process: int) -> bool:
    """Is the process there, and not only its entry, which its new parent has yet to collect?"""
    try:
        state = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return state.rpartition(")")[2].split()[0] != "Z"
