"""
Asks for a report of each title at once, and saves each as `<title>.pdf` in the working directory. It ends with an error when
a single call does.
"""

import json
import os
from concurrent.futures import ThreadPoolExecutor

from order_reports import OrderReports

client = OrderReports(os.environ["ORDER_REPORTS_URL"], os.environ["ORDER_REPORTS_KEY"])
titles = json.loads(os.environ["TITLES"])


def follow(title):
    report = client.reports.create(start_date="2016-01-01", end_date="2017-01-01", title=title)
    report.file().save(f"{title}.pdf")


with ThreadPoolExecutor(len(titles)) as threads:
    list(threads.map(follow, titles))
