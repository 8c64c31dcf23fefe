"""Command line, demo shop, model fit and acceptance tests of the retention dbt project."""
