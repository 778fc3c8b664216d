"""Against a service: ORDER_REPORTS_URL, through a way that is not reliable, and ORDER_REPORTS_KEY."""

import base64
import hashlib
import hmac
import http.client
import os
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from order_reports import ApiError, ConnectionLost, JobEnded, OrderReports, VerificationError, verify_signature

ORDERS = b"number,ordered_at,customer_name,sku,description,quantity,unit_price\n" + b"".join(
    b"p-%d,2016-03-01,%s,SKU,Lamp,1,10.00\n" % (number, b"y" * 180) for number in range(120)
)
PERIOD = {"start_date": "2016-01-01", "end_date": "2017-01-01"}


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = OrderReports(os.environ["ORDER_REPORTS_URL"], os.environ["ORDER_REPORTS_KEY"])
        imported = cls.client.imports.create(ORDERS, on_conflict="skip")
        imported.done()
        assert imported.result()["result"]["orders"] == 120

    def test_report(self):
        report = self.client.reports.create(**PERIOD, formats=["csv", "ndjson"])
        self.assertEqual(list(report.updates())[-1]["status"], "COMPLETED")
        with tempfile.TemporaryDirectory() as folder:
            file = self.client.reports.get(report.id).file("csv")
            path = file.save(folder)
            self.assertEqual(os.listdir(folder), [f"orders-{report.id}.csv"])
            with open(path, "rb") as saved:
                self.assertEqual(hashlib.sha256(saved.read()).hexdigest(), file.sha256)
        self.assertIn(b"p-7", report.file("ndjson").read())
        link = urllib.parse.urlsplit(report.link("ndjson"))
        with urllib.request.urlopen(f"{os.environ['ORDER_REPORTS_URL']}{link.path}?{link.query}") as linked:
            self.assertEqual(linked.read(), report.file("ndjson").read())
        self.assertIn(report.id, [each["id"] for each in self.client.reports.list()])
        # An event stands in the feed once no older transaction is open, whoever has it.
        deadline = time.monotonic() + 60
        while report.id not in [each["job_id"] for each in self.client.events.list()]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        known = len(list(self.client.events.list()))
        newest = self.client.events.newest()
        # Others may have come meanwhile, at the end.
        self.assertIn(newest["id"], [each["id"] for each in self.client.events.list()][known - 1 :])

    def test_tokens(self):
        def opened_to(permission):
            made = self.client.call(
                "POST",
                "/v1/jobs/{id}/tokens",
                id=task.id,
                body={"permissions": [permission]},
                # So that it is sent again when its answer is lost.
                idempotency_key=permission,
            )
            return OrderReports(os.environ["ORDER_REPORTS_URL"], made["token"]).jobs.get(task.id)

        # Nobody works on it.
        task = self.client.jobs.create(type="python.task", parameters={})
        updates = opened_to("read").updates()
        # As it was, and once more after its stream was refused.
        self.assertEqual([next(updates)["status"], next(updates)["status"]], ["PENDING", "PENDING"])
        task.cancel()
        self.assertEqual(next(updates)["status"], "CANCELLED")
        with self.assertRaises(ApiError) as raised:
            opened_to("stream").done()
        self.assertEqual(raised.exception.code, "missing_permission")

    def test_broken_download(self):
        report = self.client.reports.create(**PERIOD, format="xlsx")
        # Each time before its first byte: so the way is made.
        with self.assertRaisesRegex(ConnectionLost, os.environ["ORDER_REPORTS_URL"]):
            report.file("xlsx").read()

    def test_webhooks(self):
        job = self.client.webhooks.redeliver({"status": ["DELIVERED"]}, since="2020-01-01T00:00:00Z")
        self.assertEqual(job.done()["result"]["resent"], 0)
        unknown = "00000000-0000-7000-8000-000000000000"
        for call in (
            lambda: self.client.webhooks.recover(unknown, since="2020-01-01", only="missing"),
            lambda: self.client.webhooks.proof(unknown, since="2020-01-01", until="2020-01-02"),
        ):
            with self.assertRaises(ApiError) as raised:
                call()
            self.assertEqual(raised.exception.status, 404)

    def test_idempotency(self):
        first = self.client.reports.create(**PERIOD, format="csv", idempotency_key="python")
        self.assertEqual(self.client.reports.create(**PERIOD, format="csv", idempotency_key="python").id, first.id)

    def test_labels(self):
        metadata, tags = {"customer": "Zoë, C-1"}, ["python, one", "python"]
        report = self.client.reports.create(**PERIOD, format="csv", metadata=metadata, tags=tags)
        imported = self.client.imports.create(ORDERS, dry_run=True, metadata=metadata, tag=tags)
        listed = list(self.client.jobs.list(tag="python, one", page_size=1))
        self.assertEqual([job["id"] for job in listed], [imported.id, report.id])
        for job in listed:
            self.assertEqual((job["metadata"], job["tags"]), (metadata, tags))
        self.assertEqual([each["id"] for each in self.client.reports.list(tag="python")], [report.id])

    def test_cancel(self):
        report = self.client.reports.create(**PERIOD, format="csv")
        report.done()
        with self.assertRaises(ApiError) as raised:
            report.cancel()
        self.assertEqual(raised.exception.status, 409)

    def test_errors(self):
        with self.assertRaises(ApiError) as raised:
            self.client.reports.create(start_date="2016-02-30", end_date="2017-01-01")
        self.assertEqual((raised.exception.status, raised.exception.code), (422, "invalid_request"))
        self.assertEqual(list(raised.exception.fields), ["start_date"])
        failed = self.client.imports.create(b"number,ordered_at\nA-1,never\n")
        with self.assertRaises(JobEnded):
            failed.done()
        self.assertGreater(len(failed.result()["row_errors"]), 0)

    def test_pages(self):
        numbers = {order["number"] for order in self.client.orders.list(page_size=50)}
        self.assertEqual(len(numbers), 120)
        self.assertEqual({change["number"] for change in self.client.orders.changes()}, numbers)


class MistakeTest(unittest.TestCase):
    """What could never be sent is no outage: nobody waits for it."""

    def test_client(self):
        url = "http://127.0.0.1:1"
        for argument, arguments in (
            ("base_url", ("127.0.0.1:1", "ork_1")),
            ("base_url", ("localhost:1", "ork_1")),
            ("base_url", ("ftp://127.0.0.1:1", "ork_1")),
            ("base_url", (f"{url}\n", "ork_1")),
            ("api_key", (url, "ork_…")),
            ("api_key", (url, "ork_1\n")),
            ("api_key", (url, "")),
            ("api_key", (url, None)),
        ):
            with self.subTest(arguments):
                with self.assertRaisesRegex(ValueError, f"^{argument} must be ") as raised:
                    OrderReports(*arguments)
                self.assertNotIn("ork_", str(raised.exception))
        OrderReports(f"{url}/api", "a key that the operator chose")

    def test_calls(self):
        nowhere = OrderReports("http://127.0.0.1:1", "ork_1", retry_for_seconds=0)
        for key in ("…", "é", "a\n"):
            with self.assertRaisesRegex(ValueError, "^idempotency_key must be "):
                nowhere.reports.create(**PERIOD, idempotency_key=key)
            with self.assertRaisesRegex(ValueError, "^idempotency_key must be "):
                nowhere.imports.create(ORDERS, idempotency_key=key)
        with self.assertRaises(ValueError):
            nowhere.call("GET", "/v1/jobs", headers={"Accept-Language": "…"})
        with self.assertRaises(http.client.InvalidURL):
            nowhere.call("GET", "/v1/jobs?tag=a b")
        with self.assertRaises(IsADirectoryError):
            nowhere.imports.create(tempfile.gettempdir())
        with self.assertRaisesRegex(ConnectionLost, "no answer from http://127.0.0.1:1: .*refused"):
            nowhere.call("GET", "/v1/jobs")


class SignatureTest(unittest.TestCase):
    def test_verify(self):
        key = b"k" * 32
        secret = "whsec_" + base64.b64encode(key).decode()
        now = str(int(time.time()))
        digest = hmac.new(key, f"id.{now}.".encode() + b"{}", hashlib.sha256).digest()
        headers = {"Webhook-Id": "id", "webhook-timestamp": now, "webhook-signature": "v1," + base64.b64encode(digest).decode()}
        self.assertEqual(verify_signature(headers, b"{}", [secret]), "id")
        for bad in ({"webhook-id": "other"}, {"webhook-timestamp": "1"}, {"webhook-signature": "v1,"}):
            lower = {name.lower(): value for name, value in headers.items()}
            with self.assertRaises(VerificationError):
                verify_signature({**lower, **bad}, b"{}", [secret])
        with self.assertRaises(VerificationError):
            verify_signature(headers, b"{} ", [secret])
