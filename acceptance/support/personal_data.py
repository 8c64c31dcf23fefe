"""What must not be found outside of staging: e-mail addresses and names of people."""

import duckdb


def texts_outside_staging(connection: duckdb.DuckDBPyConnection, *words: str) -> list[tuple]:
    """Texts of the marts and the intermediate models that hold an @ or one of the words.

    Returns (relation, column, text) of each finding, capitalisation apart.
    """
    columns = connection.sql(
        """
        select database_name, schema_name, table_name, column_name
        from duckdb_columns()
        where schema_name in ('retention', 'retention_intermediate') and data_type = 'VARCHAR'
        """
    ).fetchall()
    assert columns, "there is nothing to look at"
    searched = ["@", *[word.lower() for word in words]]
    found = []
    for database, schema, relation, column in columns:
        rows = connection.execute(
            f'select distinct "{column}" from "{database}"."{schema}"."{relation}"'
            f' where list_has_any([contains(lower("{column}"), word) for word in $words], [true])',
            {"words": searched},
        ).fetchall()
        found += [(relation, column, text) for (text,) in rows]
    return found
