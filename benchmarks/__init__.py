"""Measurements of the project's speed."""
