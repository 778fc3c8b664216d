"""Goes with the SDK through import, submit, follow, download, callback and cancel."""

import json
import os
import queue
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

from order_reports import JobEnded, OrderReports, verify_signature

ORDERS = """number,ordered_at,currency,customer_name,sku,description,quantity,unit_price
A-1002,2016-01-08,EUR,Ana Pérez,BK-1,Bookcase,2,130.98
""".encode()
TASK = {"type": "walk.followed", "parameters": {}}

urls = json.loads(os.environ["WALK_URLS"])
key = os.environ["ORDER_REPORTS_KEY"]
client = OrderReports(urls[0], key)


def check(what, seen, wanted):
    if seen != wanted:
        raise SystemExit(f"{what}: {seen} instead of {wanted}")


imported = client.imports.create(ORDERS)
imported.done()
check("the orders created", imported.result()["result"]["created"], 1)

secret = client.call("POST", "/v1/webhooks/signing-secret/rotate")["secret"]
events = queue.Queue()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        verify_signature(self.headers, body, [secret])
        events.put(json.loads(body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments):
        pass


server = HTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
report = client.reports.create(
    start_date="2016-01-01", end_date="2017-01-01", callback_url=f"http://127.0.0.1:{server.server_port}/"
)
check("the file", report.file().read()[:5], b"%PDF-")
event = events.get(timeout=60)
check("the callback", (event["data"]["id"], event["status"]), (report.id, "COMPLETED"))

for url in urls:
    followed = OrderReports(url, key).jobs.create(**TASK)
    check("the task", followed.done()["result"], {"done": True})

cancelled = client.jobs.create(**TASK)
cancelled.cancel()
try:
    cancelled.done()
    check("the cancelled task", "done", "cancelled")
except JobEnded as ended:
    check("the cancelled task", ended.code, "cancelled")
