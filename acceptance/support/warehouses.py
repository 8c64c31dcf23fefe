"""Warehouses that are not run here: dbt compiles for them, by stand-ins for their adapters.

A stand-in has the name, the quotes and the parents of an adapter, so that dbt resolves the
project's macros as it does with the adapter itself. It knows the columns of every input but has no
connection. dbt's own macros come from dbt's defaults in place of the adapter's.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import yaml
from dbt.adapters.base import AdapterPlugin
from dbt.adapters.postgres import (
    PostgresAdapter,
    PostgresConnectionManager,
    PostgresCredentials,
    __version__,
)
from dbt.adapters.postgres.relation import PostgresRelation
from dbt.cli.main import dbtRunner

from retention_cli.project import ROOT, failures

# Names of engines with the engine whose macros stand in for missing ones, and what quotes a name.
PARENTS = {"spark": None, "databricks": "spark", "redshift": "postgres"}
BACKTICKS = {"bigquery", "spark", "databricks", "clickhouse"}
# What adapters bring themselves, and without which nothing would parse.
OWN_MACROS = """
{% macro bigquery__escape_single_quotes(expression) -%}
    {{ expression | replace("'", "\\\\'") }}
{%- endmacro %}
"""
WAREHOUSES = ["snowflake", "bigquery", "databricks", "redshift", "trino", "clickhouse"]


@contextmanager
def stand_ins(folder: Path, columns: list[str]) -> Iterator[Path]:
    """Let dbt know the warehouses for the time being; yields a folder of profiles for them.

    Args:
        folder: an empty folder for what an adapter brings with it.
        columns: the columns of every input.
    """
    names = [*WAREHOUSES, *PARENTS]
    modules = {f"dbt.adapters.{name}": _module(name, folder, columns) for name in set(names)}
    modules |= {f"{name}.__version__": __version__ for name in modules}
    connection = {"host": "", "user": "", "password": "", "port": 0, "dbname": "d", "schema": "s"}
    outputs = {name: {"type": name, **connection} for name in names}
    profiles = {"retention": {"target": "snowflake", "outputs": outputs}}
    (folder / "profiles.yml").write_text(yaml.safe_dump(profiles))
    sys.modules.update(modules)
    try:
        yield folder
    finally:
        for name in modules:
            del sys.modules[name]


def parsed_project(
    profiles: Path, variables: dict[str, object], warehouse: str = "redshift"
) -> object:
    """Return the project as dbt parses it; all of `WAREHOUSES` can compile what one has parsed."""
    return _dbt(profiles, warehouse, variables, None, "parse")


def compiled_sql(
    profiles: Path, warehouse: str, variables: dict[str, object], manifest: object, *selection: str
) -> dict[str, str]:
    """Return the SQL of models and data tests by name, as dbt compiles it for a warehouse.

    `manifest` is what `parsed_project` returned for the same variables, `selection` dbt's way to
    choose nodes.

    Raises:
        AssertionError: dbt could not compile one of them; the message is what it said.
    """
    command = ["compile", "--no-populate-cache", "--select", *selection]
    result = _dbt(profiles, warehouse, variables, manifest, *command)
    return {node.node.name: node.node.compiled_code for node in result.results}


def _dbt(
    profiles: Path, warehouse: str, variables: dict[str, object], manifest: object, *command: str
) -> object:
    """Run a dbt command for a warehouse and return its result."""
    folder = profiles / "target" / warehouse
    options = {"project-dir": ROOT, "profiles-dir": profiles, "target": warehouse}
    options |= {"target-path": folder, "log-path": folder, "vars": yaml.safe_dump(variables)}
    arguments = ["--log-level", "none", "--log-level-file", "none", "--no-partial-parse", *command]
    for name, value in options.items():
        arguments += [f"--{name}", str(value)]
    outcome = dbtRunner(manifest).invoke(arguments)
    assert outcome.success, failures(outcome)
    return outcome.result


def _module(name: str, folder: Path, columns: list[str]) -> ModuleType:
    """Return what stands in for the module `dbt.adapters.<name>`."""
    quote_character = "`" if name in BACKTICKS else '"'

    @dataclass(frozen=True, eq=False, repr=False)
    class Relation(PostgresRelation):
        quote_character: str = "`" if name in BACKTICKS else '"'

    @dataclass
    class Credentials(PostgresCredentials):
        @property
        def type(self) -> str:
            return name

    class ConnectionManager(PostgresConnectionManager):
        TYPE = name

    class Adapter(PostgresAdapter):
        @classmethod
        def type(cls) -> str:
            return name

        @classmethod
        def quote(cls, identifier: str) -> str:
            return f"{quote_character}{identifier}{quote_character}"

        def get_relation(self, database, schema, identifier):
            return self.Relation.create(database=database, schema=schema, identifier=identifier)

        def get_columns_in_relation(self, relation):
            return [self.Column(column, "text") for column in columns]

    Adapter.ConnectionManager = ConnectionManager
    Adapter.Relation = Relation
    parent = PARENTS.get(name)
    module = ModuleType(f"dbt.adapters.{name}")
    module.Plugin = AdapterPlugin(
        adapter=Adapter,
        credentials=Credentials,
        include_path=str(_package(folder, name)),
        dependencies=[parent] if parent else None,
    )
    return module


def _package(folder: Path, name: str) -> Path:
    """Return the folder of the dbt package that comes with an adapter.

    Warehouses share one, so that the project can be parsed once for all of them; parents have
    their own, as dbt refuses to read a package twice.
    """
    package = folder / ("warehouse" if name in WAREHOUSES else name)
    if not package.exists():
        (package / "macros").mkdir(parents=True)
        project = {"name": f"dbt_{package.name}", "version": "1.0", "config-version": 2}
        project["macro-paths"] = ["macros"]
        (package / "dbt_project.yml").write_text(yaml.safe_dump(project))
        (package / "macros" / "macros.sql").write_text(OWN_MACROS)
    return package
