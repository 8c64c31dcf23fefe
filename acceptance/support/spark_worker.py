"""Spark in a process of its own: one session that runs dbt commands and SQL, for the tests.

It is run by the Python of `.venv-spark`, which lacks retention_cli, and answers each line of
JSON on its standard input by one on its standard output. What else is written goes to the errors.
The first command is one of dbt's, which starts the session with the settings of its target.
"""

import json
import os
import sys
from datetime import date, datetime
from decimal import Decimal

from dbt.cli.main import dbtRunner
from pyspark.sql import SparkSession

FAILURES = {"error", "fail", "runtime error"}


def text_of(cell: object) -> object:
    """Return a cell as JSON can hold it."""
    return str(cell) if isinstance(cell, date | datetime | Decimal) else cell


def run_dbt(arguments: list[str]) -> dict:
    """Run a dbt command; the answer has what dbt said of each failure."""
    outcome = dbtRunner().invoke(arguments)
    if outcome.success:
        return {}
    if outcome.exception:
        return {"failures": [getattr(outcome.exception, "msg", str(outcome.exception))]}
    return {
        "failures": [
            f"{result.node.name}: {result.message}"
            for result in outcome.result.results
            if result.status in FAILURES
        ]
    }


def run_sql(session: SparkSession, sql: str) -> dict:
    """Run a statement; the answer has its rows, and names and types of their columns."""
    found = session.sql(sql)
    columns = [(field.name, field.dataType.typeName()) for field in found.schema.fields]
    rows = [[text_of(cell) for cell in row] for row in found.collect()]
    return {"columns": columns, "rows": rows}


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        question = json.loads(line)
        try:
            if "dbt" in question:
                answer = run_dbt(question["dbt"])
            else:
                answer = run_sql(SparkSession.builder.getOrCreate(), question["sql"])
        except Exception as error:
            answer = {"failures": [str(error)]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
