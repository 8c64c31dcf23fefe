"""The folder that readers of a published DuckDB file see, and what stands behind it.

    warehouse.duckdb     link into the newest build, through `latest`
    parquet/latest       the same for the Parquet files
    latest               link to the newest build: the one name that a publication changes
    builds/<build id>/   warehouse.duckdb and parquet/<relation>.parquet, read-only
    set_aside/           what other programs left beside a build, such as a write-ahead log
    .private/            for the owner only: the build at work, its history, the manifest

DuckDB finds the write-ahead log of a file beside the file itself, not beside a link to it. So a log
that a killed program leaves belongs to the build that it wrote to, and never to a later one.
"""

import json
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from retention_cli.ingest.tables import literal, quoted
from retention_cli.project import DATABASE

PUBLIC_SCHEMA = "retention"
HISTORY_SCHEMA = "retention_snapshots"
PUBLICATION = "retention__publication"
READ_ONLY = 0o444
FOR_OWNER = 0o700


class NotPublishedError(Exception):
    """Nothing was published; the message says why and what readers see instead."""


@dataclass(frozen=True)
class Content:
    """What a relation holds: its rows, and a checksum of them that no order of rows changes."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class PublishedFolder:
    """A folder in which builds are published as DuckDB and Parquet files."""

    folder: Path

    @property
    def database(self) -> Path:
        """The file that readers open, whatever build it is of."""
        return self.folder / DATABASE

    @property
    def private(self) -> Path:
        """What nobody but the owner reads."""
        return self.folder / ".private"

    @property
    def building(self) -> Path:
        """Where the next build is made."""
        return self.private / "building"

    def history(self, build_id: str) -> Path:
        """The database with the history of closed figures as it was after a build."""
        return self.private / "history" / f"{build_id}.duckdb"

    def builds(self) -> list[str]:
        """Return the builds that this publisher has put here and not deleted, oldest first."""
        manifest = self.private / "manifest.json"
        return json.loads(manifest.read_text())["builds"] if manifest.is_file() else []

    def latest(self) -> str | None:
        """Return the build that readers see; None before the first."""
        link = self.folder / "latest"
        return link.readlink().name if link.is_symlink() else None

    def check(self) -> None:
        """Look, before a long build, whether the links of the publication can be put here.

        Raises:
            NotPublishedError: something else has the name of one of them.
        """
        links = [self.folder / "latest", self.folder / "parquet" / "latest"]
        taken = [path for path in links if path.exists() and not path.is_symlink()]
        taken += [self.database] if self.database.is_dir() else []
        taken += [path for path in [self.folder / "parquet"] if path.is_file()]
        if taken:
            raise NotPublishedError(
                f"{taken[0]}: is not what `publish` puts there; move it, or choose another --folder"
            )

    def prepare(self) -> None:
        """Clear away what a killed run left, and let the history go on from what readers see."""
        shutil.rmtree(self.building, ignore_errors=True)
        self.building.mkdir(parents=True)
        latest = self.latest()
        if latest and self.history(latest).is_file():
            shutil.copy(self.history(latest), self.building / DATABASE)
        elif self.database.is_file() and not self.database.is_symlink():
            shutil.copy(self.database, self.building / DATABASE)  # as version 0.1 published it

    def publish(self, build_id: str, tests_passed: int, tests_warned: int) -> list[str]:
        """Let what was built take the place of what readers see; returns what there is to say."""
        new = self.building / "publication"
        built = self.building / DATABASE
        export(built, new, build_id, tests_passed, tests_warned)
        keep_history(built, self.building / "history.duckdb")
        self.protect(new)
        self.history(build_id).parent.mkdir(exist_ok=True)
        for name in ["builds", "parquet"]:
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name).chmod(self.mode())
        # First the manifest: what a run leaves that is killed from here on is deleted by the next.
        self.write_manifest([*self.builds(), build_id])
        (self.building / "history.duckdb").replace(self.history(build_id))
        new.rename(self.folder / "builds" / build_id)
        sync(self.folder / "builds")
        notes, before = self.set_logs_aside(), self.latest()
        self.link("latest", Path("builds") / build_id)
        self.link(DATABASE, Path("latest") / DATABASE)
        self.link("parquet/latest", Path("..") / "latest" / "parquet")
        self.prune({before, build_id})
        shutil.rmtree(self.building)
        return notes

    def mode(self) -> int:
        """Return the permissions of folders here: those of the published folder itself."""
        return self.folder.stat().st_mode & 0o777

    def protect(self, new: Path) -> None:
        """Make the files of a build read-only for whom the folder lets in."""
        for path in [new, *new.rglob("*")]:
            path.chmod(self.mode() if path.is_dir() else self.mode() & READ_ONLY)
            sync(path)

    def link(self, name: str, to: Path) -> None:
        """Let a name here lead elsewhere from one moment to the next."""
        beside = self.building / "link"
        beside.symlink_to(to)
        beside.replace(self.folder / name)

    def write_manifest(self, builds: list[str]) -> None:
        """Write down which builds are this publisher's."""
        beside = self.private / "manifest.new"
        beside.write_text(json.dumps({"builds": builds}, indent=2) + "\n")
        sync(beside)
        beside.replace(self.private / "manifest.json")

    def logs(self) -> list[Path]:
        """Return the write-ahead logs that other programs left beside published files."""
        places = [self.folder / "builds" / build_id for build_id in self.builds()]
        logs = [place / f"{DATABASE}.wal" for place in [self.folder, *places]]
        return [log for log in logs if log.is_file()]

    def set_logs_aside(self) -> list[str]:
        """Move away what a program that wrote to a published file left; returns what to say."""
        notes = []
        for log in self.logs():
            aside = self.folder / "set_aside"
            aside.mkdir(mode=FOR_OWNER, exist_ok=True)
            kept = aside / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{log.parent.name}.wal"
            log.rename(kept)
            notes.append(
                f"a program had {log.parent.name}/{DATABASE} open for writing and did not finish;"
                f" its log is now {kept} and is no longer read"
            )
        return notes

    def prune(self, kept: set[str | None]) -> None:
        """Delete the other builds of the manifest, file by file: nothing that others put here."""
        for build_id in self.builds():
            if build_id not in kept:
                place = self.folder / "builds" / build_id
                for path in [*place.glob("parquet/retention__*.parquet"), place / DATABASE]:
                    path.unlink(missing_ok=True)
                for path in [place / "parquet", place]:
                    if path.is_dir() and not any(path.iterdir()):
                        path.rmdir()
                self.history(build_id).unlink(missing_ok=True)
        self.write_manifest([build_id for build_id in self.builds() if build_id in kept])

    def verify(self) -> list[str]:
        """Compare what readers see with the rows and checksums it was published with.

        Returns:
            What differs, a line each; nothing where all is as it was published.

        Raises:
            NotPublishedError: nothing is published here.
        """
        if not self.database.is_file():
            raise NotPublishedError(f"{self.folder}: nothing is published here")
        found = [f"{log}: a program has written to the publication" for log in self.logs()]
        try:
            with duckdb.connect(self.database, read_only=True) as connection:
                connection.execute(f"use {PUBLIC_SCHEMA}")
                [text] = one(connection, f"select relations from {PUBLICATION}")
                relations = json.loads(text)
                for name, expected in relations.items():
                    file = self.folder / "parquet" / "latest" / f"{name}.parquet"
                    for source in [quoted(name), f"read_parquet({literal(str(file))})"]:
                        place = str(file) if source.startswith("read") else f"{DATABASE}: {name}"
                        found += compare(connection, source, Content(**expected), place)
                extra = relations_of(connection, PUBLIC_SCHEMA) - {*relations, PUBLICATION}
                found += [f"{DATABASE}: {name} was not published" for name in sorted(extra)]
        except duckdb.Error as error:
            found.append(f"{self.database}: {str(error).splitlines()[0]}")
        return found


def compare(
    connection: duckdb.DuckDBPyConnection, source: str, expected: Content, place: str
) -> list[str]:
    """Return a line for a relation that does not hold what it should."""
    try:
        found = content_of(connection, source)
    except duckdb.Error as error:
        return [f"{place}: {str(error).splitlines()[0]}"]
    if found == expected:
        return []
    if found.rows != expected.rows:
        return [f"{place}: has {found.rows} rows, {expected.rows} were published"]
    return [f"{place}: holds other values than were published"]


def content_of(connection: duckdb.DuckDBPyConnection, source: str) -> Content:
    """Return the rows of a relation and their checksum: the sum of the MD5 of each row as JSON."""
    rows, checksum = one(
        connection,
        "select count(*), cast(coalesce(sum(md5_number_lower(cast(to_json(t) as varchar))), 0)"
        f" as varchar) from {source} as t",
    )
    return Content(rows, checksum)


def export(built: Path, new: Path, build_id: str, tests_passed: int, tests_warned: int) -> None:
    """Write the public relations of a build to a file of their own, as tables, and as Parquet."""
    (new / "parquet").mkdir(parents=True)
    with duckdb.connect(new / DATABASE) as connection:
        connection.execute(f"attach {literal(str(built))} as built (read_only)")
        # One transaction, as each description would otherwise be written to disk by itself.
        connection.execute(f"begin; create schema {PUBLIC_SCHEMA}; use {PUBLIC_SCHEMA}")
        relations = {}
        for name in sorted(relations_of(connection, PUBLIC_SCHEMA, "built") - {PUBLICATION}):
            source = f"built.{PUBLIC_SCHEMA}.{quoted(name)}"
            relations[name] = vars(content_of(connection, source))
            connection.execute(f"create table {quoted(name)} as from {source}")
        describe(connection)
        connection.execute(
            f"""
            create table {PUBLICATION} as
            select
                $build_id as build_id,
                cast($published_at as timestamp) as published_at,
                as_of_date,
                cast($tests_passed as bigint) as tests_passed,
                cast($tests_warned as bigint) as tests_warned,
                $relations as relations
            from built.{PUBLIC_SCHEMA}_intermediate.int_retention__reporting_dates
            """,
            {
                "build_id": build_id,
                "published_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
                "tests_passed": tests_passed,
                "tests_warned": tests_warned,
                "relations": json.dumps(relations),
            },
        )
        connection.execute("commit; detach built")
        for name in [*relations, PUBLICATION]:
            file = literal(str(new / "parquet" / f"{name}.parquet"))
            connection.execute(
                f"copy (from {quoted(name)}) to {file}"
                " (format parquet, compression zstd,"
                f" kv_metadata {{build_id: {literal(build_id)}}})"
            )


def describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Take over what the relations of a build and their columns are described with."""
    comments = connection.execute(
        """
        select table_name, null as column_name, comment from duckdb_tables()
        where database_name = 'built' and schema_name = $schema and comment is not null
        union all
        select view_name, null, comment from duckdb_views()
        where database_name = 'built' and schema_name = $schema and comment is not null
        union all
        select table_name, column_name, comment from duckdb_columns()
        where database_name = 'built' and schema_name = $schema and comment is not null
        """,
        {"schema": PUBLIC_SCHEMA},
    ).fetchall()
    for relation, column, comment in comments:
        if relation != PUBLICATION:
            kind, name = ("table", quoted(relation))
            if column:
                kind, name = ("column", f"{quoted(relation)}.{quoted(column)}")
            connection.execute(f"comment on {kind} {name} is {literal(comment)}")


def keep_history(built: Path, file: Path) -> None:
    """Write the history of closed figures, from which the next build goes on, to a file."""
    with duckdb.connect(file) as connection:
        connection.execute(f"attach {literal(str(built))} as built (read_only)")
        connection.execute(f"create schema {HISTORY_SCHEMA}")
        for name in relations_of(connection, HISTORY_SCHEMA, "built"):
            relation = f"{HISTORY_SCHEMA}.{quoted(name)}"
            connection.execute(f"create table {relation} as from built.{relation}")


def relations_of(
    connection: duckdb.DuckDBPyConnection, schema: str, database: str | None = None
) -> set[str]:
    """Return the names of the tables and views of a schema."""
    rows = connection.execute(
        "select table_name from information_schema.tables"
        " where table_schema = $schema and table_catalog = coalesce($database, current_database())",
        {"schema": schema, "database": database},
    ).fetchall()
    return {name for (name,) in rows}


def one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    """Return the only row of a query."""
    [row] = connection.execute(query).fetchall()
    return row


def sync(path: Path) -> None:
    """Have the system write a file or a folder to disk, before a name leads to it."""
    if os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
