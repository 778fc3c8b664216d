"""Calls over urllib, tried again until they are answered."""

import http.client
import json
import random
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request

from .errors import ApiError, ConnectionLost

#: More than the longest wait: with `Prefer: wait=50` the service says nothing for 50 seconds.
IDLE_SECONDS = 60
_BASE_URL = re.compile(r"(https?://[^\s/?#@]+)(?:/[^\s?#]*)?", re.IGNORECASE)
_API_KEY = re.compile("[!-~](?:[ -~]*[!-~])?")
_IDEMPOTENCY_KEY = re.compile("[ -~]+")
#: What the header takes without quotes.
_BARE_IDEMPOTENCY_KEY = re.compile("[!#-~]+")
#: It may have been done: only what may be done twice is tried again. A 503, too: the service loses its database before a
#: statement, or before it hears that the statement was done, and a proxy says nothing of what it gave up.
_PERHAPS_DONE = (408, 502, 503, 504)
#: Problems of the service with a 503 that come before anything is done.
_NOT_DONE = ("store_full", "store_unavailable")
_REPEATABLE = ("GET", "HEAD", "PUT", "DELETE")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Nothing that is called here redirects; urllib would send the key along."""

    def redirect_request(self, *_arguments):
        return None


class _ReadsEarlyAnswer:
    """
    A service that refuses a body answers without reading it, and closes the connection. urllib would see no more than that
    it cannot send; what is answered is there to be read.
    """

    def request(self, *arguments, **named):
        try:
            super().request(*arguments, **named)
        except (ConnectionError, ssl.SSLEOFError):
            # It is not even open.
            if self.sock is None:
                raise


class _HttpConnection(_ReadsEarlyAnswer, http.client.HTTPConnection):
    pass


class _HttpsConnection(_ReadsEarlyAnswer, http.client.HTTPSConnection):
    pass


class _HttpHandler(urllib.request.HTTPHandler):
    def http_open(self, request):
        return self.do_open(_HttpConnection, request)


class _HttpsHandler(urllib.request.HTTPSHandler):
    def https_open(self, request):
        return self.do_open(_HttpsConnection, request)


def backoff_seconds(tries):
    """From half a second up to ten, a half more or less, so that callers who failed together do not come together."""
    return min(10, 0.5 * 2 ** min(tries - 1, 10)) * (0.5 + random.random())


def _idempotency_header(key):
    """A key as the header has it: as it is, or as a structured-field string. The service takes both for the same."""
    _require(_IDEMPOTENCY_KEY, "idempotency_key", key, "printable ASCII characters")
    if _BARE_IDEMPOTENCY_KEY.fullmatch(key):
        return key
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _require(pattern, name, value, what):
    """Refuses what could never be sent. The value is not shown: it may be a secret."""
    match = pattern.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f"{name} must be {what}.")
    return match


class HttpClient:
    def __init__(self, base_url, api_key, retry_for_seconds):
        #: Where calls go, for errors to say so.
        self.origin = _require(_BASE_URL, "base_url", base_url, "http:// or https:// with a host, perhaps a path")[1]
        _require(_API_KEY, "api_key", api_key, "printable ASCII characters, without spaces or line breaks around them")
        self._base = base_url.rstrip("/")
        self._key = api_key
        self._retry_for_seconds = retry_for_seconds
        self._opener = urllib.request.build_opener(_NoRedirect, _HttpHandler, _HttpsHandler)

    def json(self, method, path, **request):
        """What the answer holds as JSON, `None` where it holds nothing, and its headers."""

        def read(response):
            text = response.read()
            try:
                return (json.loads(text) if text else None), response.headers
            except ValueError as error:
                # The page of a proxy, for one.
                raise http.client.HTTPException("The answer is no JSON.") from error

        return self.send(method, path, read, **request)

    def send(
        self,
        method,
        path,
        read,
        *,
        query=None,
        body=None,
        headers=None,
        idempotency_key=None,
        idle=IDLE_SECONDS,
        once=False,
    ):
        """
        read: what is made of a good answer; when it fails the call is tried again.
        body: bytes, or what makes a file to read from: it is called for every try.
        idle: seconds that the answer may say nothing.

        Raises ApiError for what the service says no to, ConnectionLost when it could not be reached for too long. What the
        caller got wrong is raised as it is, at once.
        """
        until = time.monotonic() + (0 if once else self._retry_for_seconds)
        headers = dict(headers or {})
        if idempotency_key is not None:
            headers["Idempotency-Key"] = _idempotency_header(idempotency_key)
        repeatable = method in _REPEATABLE or "Idempotency-Key" in headers
        tries = 0
        while True:
            tries += 1
            # Not within what is tried again: a file that cannot be opened is no outage.
            data = body() if callable(body) else body
            try:
                return self._attempt(method, path, read, query, data, headers, idle)
            except http.client.InvalidURL:
                raise
            except ApiError as error:
                failure = error
                # There are proxies that say 0.
                delay = max(backoff_seconds(tries), error.retry_after or 0)
                may_help = (
                    error.retry_after is not None
                    if error.status == 429
                    else error.status in _PERHAPS_DONE and (repeatable or error.code in _NOT_DONE)
                )
            except (OSError, http.client.HTTPException) as error:
                failure = ConnectionLost(f"{method} {path} got no answer from {self.origin}: {error!r}")
                failure.__cause__ = error
                delay = backoff_seconds(tries)
                may_help = repeatable
            finally:
                if callable(body):
                    data.close()
            if not may_help or time.monotonic() + delay > until:
                raise failure
            time.sleep(delay)

    def _attempt(self, method, path, read, query, data, headers, idle):
        pairs = [(name, value) for name, value in (query or {}).items() if value is not None]
        text = urllib.parse.urlencode([(name, _text(value)) for name, value in pairs], doseq=True)
        request = urllib.request.Request(
            self._base + path + (f"?{text}" if text else ""),
            data=data,
            method=method,
            headers={"Authorization": f"Bearer {self._key}", "Accept": "application/json", **headers},
        )
        try:
            response = self._opener.open(request, timeout=idle)
        except urllib.error.HTTPError as error:
            with error:
                raise ApiError(error.code, error.read(), error.headers) from None
        try:
            return read(response)
        except BaseException:
            response.close()
            raise


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return list(value) if isinstance(value, (list, tuple)) else str(value)
