"""The documentation names what there is, and nothing else."""

import re

from harness.project import ROOT

OVERVIEW = ROOT / "models/overview.md"
LINK = re.compile(r"\[([^]]+)\]\(#!/model/model\.retention\.(retention__\w+)\)")


def test_the_overview_leads_to_every_public_relation_and_nowhere_else(demo):
    links = LINK.findall(OVERVIEW.read_text())
    assert {relation for _, relation in links} == set(demo.relations())
    assert {(name.lower().replace(" ", "_"), relation) for name, relation in links} == {
        (relation.removeprefix("retention__"), relation) for _, relation in links
    }


def test_every_public_relation_is_described_in_the_database_for_bi_tools(demo):
    comments = demo.query(
        """
        select table_name, comment from duckdb_tables() where schema_name = 'retention'
        union all
        select view_name, comment from duckdb_views() where schema_name = 'retention'
        """
    )
    assert set(comments["table_name"]) == set(demo.relations())
    assert comments["comment"].str.len().min() > 30
