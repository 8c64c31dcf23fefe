"""Whether another way found what the project has: what is not the same is not compared in time."""

from pathlib import Path

import duckdb

RELATIVE_TOLERANCE = 1e-9  # of doubles; everything else is equal exactly
ABSOLUTE_TOLERANCE = 1e-12  # of doubles whose exact value is 0


class DisagreementError(Exception):
    """A way's result differs from the project's relation of the same name."""


def check_agreement(database: Path, results: Path) -> list[str]:
    """Compare each Parquet file in a folder with the relation of its name, if there is one.

    A result may lack columns, and it may lack parts of the relation: of the values of its first
    column (such as grains) that it has, it must have every row, and no other row.

    Args:
        database: the DuckDB file of a build.
        results: the folder.

    Returns:
        The names of the relations that were compared.

    Raises:
        DisagreementError: rows differ, or are there on one side only.
    """
    compared = []
    with duckdb.connect() as connection:
        # Under the name it was made with, which the views in it call it by.
        catalog = database.stem
        connection.execute(f"attach '{database}' as {catalog} (read_only)")
        for path in sorted(results.glob("*.parquet")):
            schema = connection.execute(
                "select table_schema from information_schema.tables "
                "where table_catalog = ? and table_name = ?",
                [catalog, path.stem],
            ).fetchone()
            if schema is None:
                continue
            rows = differing_rows(connection, f"{catalog}.{schema[0]}.{path.stem}", path)
            if rows:
                raise DisagreementError(f"{path.stem}: {rows} rows differ from the project's")
            compared.append(path.stem)
    return compared


def differing_rows(connection: duckdb.DuckDBPyConnection, relation: str, path: Path) -> int:
    """Count the rows without an equal on the other side."""
    types = connection.execute(f"describe {relation}").fetchall()
    doubles = {name for name, kind, *_ in types if kind == "DOUBLE"}
    columns = connection.sql(f"from '{path}'").columns
    same = [
        f"abs(found.{name} - wanted.{name}) "
        f"<= greatest({RELATIVE_TOLERANCE} * abs(wanted.{name}), {ABSOLUTE_TOLERANCE}) "
        f"or (found.{name} is null and wanted.{name} is null)"
        if name in doubles
        else f"found.{name} is not distinct from wanted.{name}"
        for name in columns
    ]
    condition = " and ".join(f"({text})" for text in same)
    parts = connection.execute(f"select list(distinct {columns[0]}) from '{path}'").fetchone()
    counts = connection.execute(
        f"""
        with
        found as (from '{path}'),
        wanted as (from {relation} where list_contains($parts, {columns[0]}))
        select
            (select count(*) from found) + (select count(*) from wanted)
            - 2 * (select count(*) from found inner join wanted on {condition})
        """,
        {"parts": parts[0]},
    ).fetchone()
    return counts[0]
