"""The client of the Order Reports API, with the standard library alone.

    client = OrderReports("http://localhost:3000", key)
    report = client.reports.create(start_date="2016-01-01", end_date="2017-01-01")
    report.file().save("orders-2016.pdf")
"""

from .client import OrderReports
from .errors import ApiError, ConnectionLost, DamagedFile, JobEnded, OrderReportsError, VerificationError
from .jobs import Import, Job, Report
from .report_file import ReportFile
from .signature import verify_signature

__all__ = [
    "ApiError",
    "ConnectionLost",
    "DamagedFile",
    "Import",
    "Job",
    "JobEnded",
    "OrderReports",
    "OrderReportsError",
    "Report",
    "ReportFile",
    "VerificationError",
    "verify_signature",
]
