"""Publishing: the marts are built beside the published ones, tested, then take their place at once.

On DuckDB a publication is a folder: `warehouse.duckdb`, and under `parquet/` a folder of one file
a relation for each of the last builds, with the link `parquet/latest` to the newest. On a server
it is the schemas, which are built under other names (macros/publication).
"""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from retention_cli.project import DATABASE, DbtFailedError, Marts, Project

KEPT_EXPORTS = 2  # whoever reads the files of the build before can finish


class NotPublishedError(Exception):
    """Nothing was published; the message says why and what readers see instead."""


@dataclass(frozen=True)
class Publication:
    """A build that readers can see; relation `retention__publication` says the same.

    Attributes:
        build_id: dbt's id of the build.
        tests_passed, tests_warned: data tests and unit tests by outcome; none has failed.
    """

    build_id: str
    tests_passed: int
    tests_warned: int


def publish(
    folder: Path,
    *options: str,
    variables: dict[str, object] | None = None,
    target: str | None = None,
    on_event: Callable[[object], None] | None = None,
) -> Publication:
    """Build and test the marts, and let them take the place of the published ones.

    Whoever reads meanwhile sees the last publication, also where this run fails or is killed. What
    a killed run leaves behind is cleared away by the next one.

    Args:
        folder: where the publication is, or, for a server, dbt's by-products; made where missing.
        options: further options of `dbt build`.
        variables: settings of the project, by name.
        target: of profiles.yml; its default where none is given.
        on_event: called with every event of the build.

    Raises:
        NotPublishedError: the build or one of its tests failed, or another run is publishing here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):  # the system lets go of it if this is killed
            return _publish(folder, options, variables or {}, target, on_event)
    except Timeout as error:
        raise NotPublishedError(
            f"{folder}: another run is publishing here; wait until it is done"
        ) from error


def _publish(
    folder: Path,
    options: tuple[str, ...],
    variables: dict[str, object],
    target: str | None,
    on_event: Callable[[object], None] | None,
) -> Publication:
    project = Project(
        folder / ".building" / DATABASE, folder / ".dbt" / "target", folder / ".dbt" / "logs"
    )
    # All commands have the same variables, so that dbt parses the project once.
    where = {"variables": variables | {"schema_prefix": "publishing_"}}
    target_option = ("--target", target) if target else ()
    engine = project.dbt("parse", *target_option, **where).metadata.adapter_type

    def operate(macro: str, **arguments: object) -> None:
        given = ("--args", json.dumps(arguments))
        project.dbt("run-operation", macro, *given, *target_option, **where)

    if engine == "duckdb":
        _prepare_file(folder)
    else:
        operate("prepare_publication")
    try:
        results = project.dbt("build", *options, *target_option, on_event=on_event, **where)
    except DbtFailedError as error:
        raise NotPublishedError(f"{error}\nNothing is published; what was before stays") from error
    publication = _publication(project, results)
    operate("record_publication", **asdict(publication))
    if engine == "duckdb":
        _swap_file(folder, publication.build_id)
    else:
        operate("swap_publication")
    return publication


def _publication(project: Project, results: object) -> Publication:
    """Return what is known of a build that has just succeeded."""
    run = json.loads((project.target / "run_results.json").read_text())
    tests = Counter(
        result.status for result in results if result.node.resource_type in {"test", "unit_test"}
    )
    return Publication(run["metadata"]["invocation_id"], tests["pass"], tests["warn"])


# --- A DuckDB file --------------------------------------------------------------------------------


def _prepare_file(folder: Path) -> None:
    building = folder / ".building"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    if (folder / DATABASE).exists():
        # The history of restated figures goes on from what readers last saw.
        shutil.copy(folder / DATABASE, building / DATABASE)


def _swap_file(folder: Path, build_id: str) -> None:
    """Let what was built take the place of what readers see; either is one rename."""
    building = folder / ".building"
    _export(Marts(building / DATABASE), building / "parquet", build_id)
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
