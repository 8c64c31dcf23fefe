"""The published folder without dbt: what readers see of it, what is kept, moved aside and deleted.

For longer runs, `RETENTION_SWAPS` sets how many publications the torture kills.
"""

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from acceptance.support.builds import build
from acceptance.support.shops import orders_of
from retention_cli.project import DATABASE, ROOT, Marts
from retention_cli.published_folder import NotPublishedError, PublishedFolder

SWAPS = int(os.environ.get("RETENTION_SWAPS", "40"))


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The database of a build of three orders."""
    folder = tmp_path_factory.mktemp("built")
    orders = orders_of(("ann", "2024-01-01"), ("ann", "2024-02-01"), ("bob", "2024-02-01"))
    orders["email"] = "ann@example.com"
    return build(folder, command="run", raw_orders=orders).database


def put(folder: Path, built: Path, build_id: str) -> list[str]:
    """Publish a build that lies ready, as `publish` does after dbt."""
    folder.mkdir(exist_ok=True)
    published = PublishedFolder(folder)
    published.check()
    published.private.mkdir(exist_ok=True)
    published.prepare()
    (published.building / DATABASE).write_bytes(built.read_bytes())
    return published.publish(build_id, 1, 0)


@pytest.fixture(scope="module")
def published_once(tmp_path_factory, built) -> Path:
    """A folder with one publication, `one`."""
    folder = tmp_path_factory.mktemp("published") / "folder"
    put(folder, built, "one")
    return folder


@pytest.fixture
def folder(tmp_path, published_once) -> Path:
    """A copy of the folder with one publication, to do with as the test likes."""
    return Path(shutil.copytree(published_once, tmp_path / "published", symlinks=True))


def build_seen(folder: Path) -> tuple[str, str]:
    """The builds of which the DuckDB file and the Parquet files are that readers see."""
    [row] = Marts(folder / DATABASE).frame("retention__publication").to_dict("records")
    file = folder / "parquet" / "latest" / "retention__orders.parquet"
    return row["build_id"], pq.ParquetFile(file).metadata.metadata[b"build_id"].decode()


def test_the_public_relations_only_are_published_as_tables(folder, built):
    with duckdb.connect(folder / DATABASE, read_only=True) as connection:
        schemas = connection.sql("select distinct schema_name from duckdb_tables()").fetchall()
        views = connection.sql("select * from duckdb_views() where not internal").fetchall()
        described = connection.sql(
            "select comment from duckdb_columns() where table_name = 'retention__orders'"
        ).fetchall()
    assert schemas == [("retention",)]
    assert views == []
    assert all(comment for (comment,) in described)
    assert b"ann@example.com" not in (folder / DATABASE).read_bytes()
    published, whole = Marts(folder / DATABASE), Marts(built)
    for relation in whole.relations():
        assert published.frame(relation).equals(whole.frame(relation)), relation


def test_published_files_are_read_only_and_for_whom_the_folder_lets_in(folder, built):
    def modes() -> set[str]:
        files = [*(folder / "latest").rglob("*.parquet"), folder / DATABASE]
        return {stat.filemode(file.stat().st_mode) for file in files}

    folder.chmod(0o755)
    put(folder, built, "two")
    assert modes() == {"-r--r--r--"}
    folder.chmod(0o750)
    put(folder, built, "three")
    assert modes() == {"-r--r-----"}
    assert stat.filemode((folder / "parquet").stat().st_mode) == "drwxr-x---"


WRITER = """
import os, sys, time
import duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("set checkpoint_threshold = '1TB'; use retention")
connection.execute("insert into retention__customers from retention__customers")
print("open", flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.005)
    connection.execute("insert into retention__customers from retention__customers limit 1")
os.kill(os.getpid(), 9)
"""


def test_a_log_that_a_killed_writer_left_is_moved_aside_and_said(folder, built, tmp_path):
    """Only a superuser can open a read-only file for writing; others are refused by the system."""
    (folder / "latest" / DATABASE).chmod(0o644)
    customers = len(Marts(folder / DATABASE).frame("retention__customers"))
    stop = tmp_path / "stop"
    stop.touch()
    subprocess.run([sys.executable, "-c", WRITER, folder / DATABASE, stop], check=False)
    assert (folder / "latest" / f"{DATABASE}.wal").is_file()
    differences = PublishedFolder(folder).verify()
    assert "a program has written to the publication" in differences[0]
    assert (
        f"retention__customers: has {2 * customers} rows, {customers} were published"
        in differences[1]
    )
    [note] = put(folder, built, "two")
    assert f"one/{DATABASE} open for writing and did not finish" in note
    assert len(list((folder / "set_aside").iterdir())) == 1
    assert PublishedFolder(folder).verify() == []
    assert len(Marts(folder / DATABASE).frame("retention__customers")) == customers


def test_a_log_beside_a_file_of_version_0_1_is_not_replayed(tmp_path, built):
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / DATABASE).write_bytes(built.read_bytes())
    stop = tmp_path / "stop"
    stop.touch()
    subprocess.run([sys.executable, "-c", WRITER, folder / DATABASE, stop], check=False)
    assert (folder / f"{DATABASE}.wal").is_file()
    assert len(put(folder, built, "one")) == 1
    assert PublishedFolder(folder).verify() == []
    assert build_seen(folder) == ("one", "one")


def test_only_what_this_publisher_put_here_is_deleted(folder, built):
    foreign = [
        folder / "parquet" / ".DS_Store",
        folder / "parquet" / "mine" / "notes.parquet",
        folder / "builds" / "mine" / DATABASE,
        folder / "builds" / "one" / "notes.txt",
        folder / "builds" / "one" / "parquet" / "mine.parquet",
        folder / "a file",
    ]
    for path in foreign:
        path.parent.mkdir(exist_ok=True)
        path.write_text("mine")
    for build_id in ["two", "three", "four"]:
        put(folder, built, build_id)
    assert [path.read_text() for path in foreign] == ["mine"] * len(foreign)
    assert not (folder / "builds" / "one" / DATABASE).exists()
    assert not (folder / "builds" / "two").exists()
    assert (folder / "builds" / "three" / DATABASE).is_file()
    assert len(list((folder / ".private" / "history").iterdir())) == 2
    assert build_seen(folder) == ("four", "four")


def test_a_name_that_is_taken_is_refused_before_anything_is_built(tmp_path):
    (tmp_path / "parquet" / "latest").mkdir(parents=True)
    with pytest.raises(NotPublishedError, match=r"latest: is not what `publish` puts there; move"):
        PublishedFolder(tmp_path).check()


@pytest.mark.parametrize("fault", ["a value", "a Parquet file", "a relation", "a Parquet value"])
def test_verify_finds_what_was_changed(folder, fault):
    database, parquet = folder / DATABASE, folder / "parquet" / "latest"
    file = parquet / "retention__churn_rate.parquet"
    match fault:
        case "a value":
            change(database, "update retention__orders set net_revenue = 1 where order_id = '1'")
            expected = f"{DATABASE}: retention__orders: holds other values than were published"
        case "a relation":
            change(database, "create table retention__mine as select 1 as a")
            expected = f"{DATABASE}: retention__mine was not published"
        case "a Parquet file":
            file.unlink()
            expected = "No files found"
        case _:
            file.chmod(0o644)
            duckdb.sql(f"copy (from '{file}' limit 1) to '{file}.new' (format parquet)")
            Path(f"{file}.new").replace(file)
            expected = "has 1 rows, "
    [difference] = PublishedFolder(folder).verify()
    assert expected in difference


def change(database: Path, sql: str) -> None:
    (database).resolve().chmod(0o644)
    with duckdb.connect(database) as connection:
        connection.execute(f"use retention; {sql}")


def test_the_history_is_kept_for_the_owner_only(folder, built):
    published = PublishedFolder(folder)
    with duckdb.connect(published.history("one"), read_only=True) as connection:
        schemas = connection.sql("select schema_name from duckdb_tables()").fetchall()
    assert set(schemas) <= {("retention_snapshots",)}


PUBLISHER = """
import sys
from pathlib import Path
from acceptance.publication.test_published_folder import put
put(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
"""


@pytest.mark.everything
def test_readers_that_write_never_reach_the_next_publication(folder, built, tmp_path):
    """Publications and programs that hold the published file open for writing, killed at random."""
    random_ = random.Random(2024)
    orders = len(Marts(folder / DATABASE).frame("retention__orders"))
    seen = {"one"}
    started = time.monotonic()
    put(folder, built, "two")
    duration = time.monotonic() - started
    for number in range(SWAPS):
        (folder / "latest" / DATABASE).chmod(0o644)
        stop = tmp_path / f"stop{number}"
        command = [sys.executable, "-c", WRITER, folder / DATABASE, stop]
        writer = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert writer.stdout.readline() == b"open\n"
        before, name = PublishedFolder(folder).latest(), f"build{number}"
        publisher = subprocess.Popen(
            [sys.executable, "-c", PUBLISHER, folder, built, name], cwd=ROOT
        )
        time.sleep(random_.uniform(0.5, 1.5 + 2 * duration))
        if random_.random() < 0.5:
            stop.touch()
        if random_.random() < 0.6 and publisher.poll() is None:
            publisher.send_signal(signal.SIGKILL)
        killed = publisher.wait() < 0
        stop.touch()
        writer.wait()
        latest = PublishedFolder(folder).latest()
        assert latest in {before, name}
        assert killed or latest == name
        if latest == name:
            seen.add(name)
            assert build_seen(folder) == (name, name)
            assert PublishedFolder(folder).verify() == []
            assert len(Marts(folder / DATABASE).frame("retention__orders")) == orders
    assert len(seen) > SWAPS / 4
    put(folder, built, "last")
    assert PublishedFolder(folder).verify() == []
    kept = {path.name for path in (folder / "builds").iterdir()}
    assert kept == set(json.loads((folder / ".private" / "manifest.json").read_text())["builds"])
    assert len(kept) == 2
