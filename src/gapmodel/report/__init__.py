"""The page of a run: one self-contained HTML file, and a small local index of runs. It shows what runs computed."""

from gapmodel.report.page import build_page
from gapmodel.report.server import make_server
from gapmodel.report.source import PageData, read_page_data

__all__ = ["PageData", "build_page", "make_server", "read_page_data"]
