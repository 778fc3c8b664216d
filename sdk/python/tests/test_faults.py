"""Against a server that answers what a test says: what proxies, limits and a service without its database answer."""

import collections
import email.utils
import hashlib
import http.server
import json
import os
import threading
import time
import unittest
from unittest import mock

from order_reports import ApiError, ConnectionLost, JobEnded, OrderReports

ID = "00000000-0000-7000-8000-000000000000"


def problem(code):
    return json.dumps({"code": code, "detail": "It is refused."}).encode()


class Service:
    """Answers each request with the next of `answers`: a status, headers and a body. The last of them stays."""

    def __init__(self, *answers):
        self._answers = collections.deque(answers)
        #: Method, path and headers of each request.
        self.seen = []
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                service.seen.append((self.command, self.path, self.headers))
                answers = service._answers
                status, headers, body = answers[0] if len(answers) == 1 else answers.popleft()
                # A body that is refused stays unread, and the connection is closed.
                if status < 400:
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self.send_response(status)
                if "Transfer-Encoding" not in headers:
                    self.send_header("Content-Length", str(len(body)))
                for name, value in {"Connection": "close", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

            def log_message(self, *_arguments):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,)).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self._server.shutdown()
        self._server.server_close()

    def client(self, retry_for_seconds=60):
        return OrderReports(self.url, "ork_1", retry_for_seconds)


OK = (200, {}, b"{}")


class TryAgainTest(unittest.TestCase):
    def test_not_repeatable(self):
        """What may have been done is not done twice."""
        calls = (("POST", "/v1/keys", {}), ("PATCH", f"/v1/orders/{ID}", {"If-Match": '"1"'}))
        for method, path, headers in calls:
            for refusal in (
                (503, {"Retry-After": "0"}, problem("temporarily_unavailable")),
                (503, {"Retry-After": "0"}, b"<html>"),
                (502, {}, b""),
                (429, {}, problem("storage_quota_exceeded")),
            ):
                with self.subTest(f"{method} {refusal}"), Service(refusal, OK) as service:
                    with self.assertRaises(ApiError) as raised:
                        service.client().call(method, path, body={}, headers=headers)
                    self.assertEqual(raised.exception.status, refusal[0])
                    self.assertEqual(len(service.seen), 1)
            for refusal in (
                (503, {"Retry-After": "0"}, problem("store_unavailable")),
                (429, {"Retry-After": "0"}, problem("quota_exceeded")),
            ):
                with self.subTest(f"{method} {refusal}"), Service(refusal, OK) as service:
                    service.client().call(method, path, body={}, headers=headers)
                    self.assertEqual(len(service.seen), 2)

    def test_repeatable(self):
        refusal = (503, {"Retry-After": "0"}, problem("temporarily_unavailable"))
        for method, key in (("GET", None), ("PUT", None), ("DELETE", None), ("POST", "key")):
            with self.subTest(method), Service(refusal, OK) as service:
                service.client().call(method, "/v1/jobs", idempotency_key=key)
                self.assertEqual(len(service.seen), 2)

    def test_retry_after_nothing(self):
        """Proxies say so; the client waits nevertheless, longer each time."""
        for status in (429, 503):
            with self.subTest(status), Service((status, {"Retry-After": "0"}, b"")) as service:
                with self.assertRaises(ApiError):
                    service.client(retry_for_seconds=2).call("GET", "/v1/jobs")
                self.assertLess(len(service.seen), 10)

    def test_retry_after_of_proxies(self):
        """They may say a date, by a clock of their own, or what nobody reads."""
        date = {"Date": "Thu, 01 Jan 2026 00:00:00 GMT"}
        for text, seconds in (
            ("7", 7),
            ("Thu, 01 Jan 2026 00:00:20 GMT", 20),
            ("Thursday, 01-Jan-26 00:00:20 GMT", 20),
            ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
            ("Thu, 99 Jan 2026 00:00:00 GMT", None),
            ("Thu, 01 Jan 99999999999999999999 00:00:00 GMT", None),
            ("GMT", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("²", None),
            ("9" * 5_000, None),
            ("", None),
        ):
            with self.subTest(text[:50]):
                self.assertEqual(ApiError(503, b"", {"Retry-After": text, **date}).retry_after, seconds)
        without_date = {"Retry-After": email.utils.formatdate(time.time() + 20, usegmt=True)}
        self.assertIn(ApiError(503, b"", without_date).retry_after, range(1, 21))

    def test_refused_upload(self):
        """Its answer comes while the file is still being sent, more of it than fits into any buffer."""
        refusal = (401, {"Content-Type": "application/problem+json"}, problem("invalid_key"))
        with Service(refusal) as service:
            with self.assertRaises(ApiError) as raised:
                service.client().imports.create(b"x" * 60_000_000)
            self.assertEqual(raised.exception.code, "invalid_key")
            self.assertEqual(len(service.seen), 1)


class KeyTest(unittest.TestCase):
    def test_idempotency_keys(self):
        with Service(OK) as service:
            for key, sent in (
                ("orders-of-2016", "orders-of-2016"),
                ("orders of 2016", '"orders of 2016"'),
                (r'a "quoted" \ key', r'"a \"quoted\" \\ key"'),
            ):
                service.client().call("POST", "/v1/jobs", body={}, idempotency_key=key)
                self.assertEqual(service.seen[-1][2]["Idempotency-Key"], sent)


class RetriedJobTest(unittest.TestCase):
    def test_done(self):
        job = {"id": ID, "type": "orders.report", "error": {"code": "crashed", "message": "It crashed."}}
        failed, completed = ((200, {}, json.dumps({**job, "status": each}).encode()) for each in ("FAILED", "COMPLETED"))
        with Service(failed, completed) as service:
            known = service.client().jobs.get(ID)
            with self.assertRaises(JobEnded):
                known.done()
            # Somebody retried it.
            self.assertEqual(known.done()["status"], "COMPLETED")
            known.done()
            self.assertEqual(len(service.seen), 2)


class PolledJobTest(unittest.TestCase):
    def test_retry_after(self):
        """Streams and waits are kept back, and the proxy that does so says when to come again."""
        job = {"id": ID, "type": "orders.report", "error": None}
        pending, completed = (json.dumps({**job, "status": each}).encode() for each in ("PENDING", "COMPLETED"))
        for text, least, most in (
            ("20", 20, 20),
            (email.utils.formatdate(time.time() + 20, usegmt=True), 15, 20),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 30, 30),
            ("Thu, 01 Jan 2026 00:00:00 GMT", 1, 1),
            ("soon", 1, 1),
        ):
            answers = [
                (200, {}, pending),
                (403, {}, problem("missing_scope")),
                (200, {}, pending),
                (200, {"Retry-After": text}, pending),
                (200, {}, completed),
            ]
            with self.subTest(text), Service(*answers) as service, mock.patch("time.sleep") as sleep:
                self.assertEqual(service.client().jobs.get(ID).done()["status"], "COMPLETED")
                self.assertTrue(least <= sleep.call_args.args[0] <= most, sleep.call_args)


class FileWithoutSizeTest(unittest.TestCase):
    """As it comes through a proxy that compresses, or does not know how long an answer becomes."""

    CONTENT = os.urandom(1_000)
    JOB = (200, {}, json.dumps({"id": ID, "type": "orders.report", "status": "COMPLETED"}).encode())
    HEADERS = {
        "Transfer-Encoding": "chunked",
        "ETag": f'W/"{hashlib.sha256(CONTENT).hexdigest()}"',
        "Content-Disposition": 'attachment; filename="orders.csv"',
    }

    @staticmethod
    def chunk(content):
        return b"%x\r\n%s\r\n" % (len(content), content)

    def test_read(self):
        end = self.chunk(b"")
        broken = (200, self.HEADERS, self.chunk(self.CONTENT[:400]))
        rest = (206, {**self.HEADERS, "Content-Range": "bytes 400-999/1000"}, self.chunk(self.CONTENT[400:]) + end)
        for answers in (
            [(200, self.HEADERS, self.chunk(self.CONTENT) + end)],
            [broken, rest],
        ):
            with self.subTest(len(answers)), Service(self.JOB, *answers) as service:
                file = service.client().reports.get(ID).file()
                self.assertIsNone(file.size)
                self.assertEqual(file.read(), self.CONTENT)
        with Service(self.JOB, broken, (502, {}, b"")) as service:
            with self.assertRaises((ApiError, ConnectionLost)):
                service.client(retry_for_seconds=0).reports.get(ID).file().read()
