"""Publishing: the marts are built beside the published ones, tested, then take their place at once.

A publication is a folder: `retention.duckdb`, and under `parquet/` a folder of one file a relation
for each of the last builds, with the link `parquet/latest` to the newest.
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from harness.project import DbtFailedError, Marts, Project

DATABASE = "retention.duckdb"
KEPT_EXPORTS = 2  # whoever reads the files of the build before can finish


class NotPublishedError(Exception):
    """Nothing was published; the message says why and what readers see instead."""


@dataclass(frozen=True)
class Publication:
    """What readers find in a folder, and how it came about.

    Attributes:
        build_id: dbt's id of the build.
        published_at: when the build was complete, UTC.
        as_of_date: last day of knowledge.
        tests_passed, tests_warned: data tests and unit tests by outcome; none has failed.
    """

    build_id: str
    published_at: datetime
    as_of_date: date
    tests_passed: int
    tests_warned: int


def publish(
    folder: Path,
    *options: str,
    on_event: Callable[[object], None] | None = None,
) -> Publication:
    """Build and test the marts, and let them take the place of the published ones.

    Whoever reads meanwhile sees the last publication, also where this run fails or is killed. What
    a killed run leaves behind is cleared away by the next one.

    Args:
        folder: where the publication is; made where it is missing.
        options: further options of `dbt build`, such as `"--vars", "{raw_orders: orders.csv}"`.
        on_event: called with every event of the build.

    Raises:
        NotPublishedError: the build or one of its tests failed, or another run is publishing here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):  # the system lets go of it if this is killed
            return _publish(folder, *options, on_event=on_event)
    except Timeout as error:
        raise NotPublishedError(
            f"{folder}: another run is publishing here; wait until it is done"
        ) from error


def published(folder: Path) -> Publication | None:
    """Return what was published last in a folder, None where nothing was."""
    if not (folder / DATABASE).is_file():
        return None
    [row] = Marts(folder / DATABASE).query("from retention__publication").to_dict("records")
    return Publication(**row)


def _publish(folder: Path, *options: str, on_event: Callable[[object], None] | None) -> Publication:
    building = folder / ".building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    if (folder / DATABASE).exists():
        # The history of restated figures goes on from what readers last saw.
        shutil.copy(folder / DATABASE, building / DATABASE)
    project = Project(building / DATABASE, folder / ".dbt" / "target", folder / ".dbt" / "logs")
    try:
        results = project.dbt("build", *options, on_event=on_event)
    except DbtFailedError as error:
        before = published(folder)
        stays = f"build {before.build_id} stays published" if before else "nothing is published yet"
        raise NotPublishedError(f"{error}\n{folder}: {stays}") from error
    build_id = _record(project, results)
    _export(project.marts, building / "parquet", build_id)
    _swap(building, folder, build_id)
    return published(folder)


def _record(project: Project, results: object) -> str:
    """Write into the new file which build it is of, and return the build's id."""
    run = json.loads((project.target / "run_results.json").read_text())
    tests = Counter(
        result.status for result in results if result.node.resource_type in {"test", "unit_test"}
    )
    with duckdb.connect(project.database) as connection:
        connection.execute(f'use "{project.database.stem}".retention')
        connection.execute(
            """
            create or replace table retention__publication as
            select
                cast($1 as varchar) as build_id,
                cast($2 as timestamp) as published_at,
                as_of_date,
                cast($3 as bigint) as tests_passed,
                cast($4 as bigint) as tests_warned
            from retention_intermediate.int_retention__reporting_dates
            """,
            [
                run["metadata"]["invocation_id"],
                datetime.now(UTC).replace(tzinfo=None),
                tests["pass"],
                tests["warn"],
            ],
        )
        # All is in the file itself then, and nothing in a log beside it.
        connection.execute("force checkpoint")
    return run["metadata"]["invocation_id"]


def _export(marts: Marts, folder: Path, build_id: str) -> None:
    """Write each public relation as a Parquet file that says which build it is of."""
    folder.mkdir()
    with marts.connection() as connection:
        for relation in marts.relations():
            file = (folder / f"{relation}.parquet").as_posix().replace("'", "''")
            connection.execute(
                f"""
                copy (from "{relation}") to '{file}'
                (format parquet, compression zstd, kv_metadata {{build_id: '{build_id}'}})
                """
            )


def _swap(building: Path, folder: Path, build_id: str) -> None:
    """Let what was built take the place of what readers see; either is one rename."""
    with (building / DATABASE).open("rb") as file:
        os.fsync(file.fileno())  # the name must not be there before the contents are
    (building / DATABASE).replace(folder / DATABASE)
    exports = folder / "parquet"
    exports.mkdir(exist_ok=True)
    (building / "parquet").rename(exports / build_id)
    (building / "latest").symlink_to(build_id)
    (building / "latest").replace(exports / "latest")
    older = sorted(
        (path for path in exports.iterdir() if not path.is_symlink()),
        key=lambda path: path.stat().st_mtime,
    )
    for path in older[:-KEPT_EXPORTS]:
        shutil.rmtree(path)
    building.rmdir()
