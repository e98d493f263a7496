"""The page of a run: one self-contained HTML file, and a small local index of runs. It shows what runs computed."""

from gapmodel.report.page import Place, build_page
from gapmodel.report.server import make_server
from gapmodel.report.source import PageData, read_page_data
from gapmodel.report.write import write_report

__all__ = ["PageData", "Place", "build_page", "make_server", "read_page_data", "write_report"]
