"""Tests of the project, run by pytest."""
