"""The dashboard: one page that holds the aggregated marts and draws them in the browser."""

from retention_cli.dashboard.data import DashboardError, read_notes
from retention_cli.dashboard.page import BROWSERS, print_page, serve, write_page

__all__ = ["BROWSERS", "DashboardError", "print_page", "read_notes", "serve", "write_page"]
