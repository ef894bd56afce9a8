"""Tables of finished runs, from the files that they left."""

from turbo_sb.report.build import build_report
from turbo_sb.report.files import read_report, write_report

__all__ = ["build_report", "read_report", "write_report"]
