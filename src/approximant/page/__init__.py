"""The report as one self-contained HTML page."""

from approximant.page._page import report_page

__all__ = ["report_page"]
