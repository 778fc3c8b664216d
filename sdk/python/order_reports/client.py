"""The client."""

import io
import json
import os
import time
import urllib.parse
import uuid

from .http_client import HttpClient
from .jobs import Import, Job, Report


class OrderReports:
    """
    base_url: where the service is, with the path that it is under.
    api_key: an API key, or a token of one job.
    retry_for_seconds: how long a call is tried again while the service is away, or says that it is busy.

    Raises ValueError for an address or a key with which nothing could be sent.
    """

    def __init__(self, base_url, api_key, retry_for_seconds=300):
        self._http = HttpClient(base_url, api_key, retry_for_seconds)
        self.reports = Reports(self)
        self.jobs = Jobs(self)
        self.imports = Imports(self)
        self.orders = Orders(self)
        self.events = Events(self)
        self.webhooks = Webhooks(self)

    def call(self, method, path, *, body=None, query=None, headers=None, idempotency_key=None, **path_parameters):
        """
        Any call: `client.call("GET", "/v1/orders/{id}", id=id)`. Gives what the answer holds as JSON; `None` where it
        holds nothing. An idempotency key makes a POST that may be sent again, where the document has the header.
        """
        for name, value in path_parameters.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(value, safe=""))
        all_headers = dict(headers or {})
        if body is not None:
            all_headers["Content-Type"] = "application/json"
        value, _headers = self._http.json(
            method,
            path,
            query=query,
            body=None if body is None else json.dumps(body).encode(),
            headers=all_headers,
            idempotency_key=idempotency_key,
        )
        return value

    def _items(self, path, query, cursor_name="cursor"):
        query = dict(query)
        while True:
            page = self.call("GET", path, query=query)
            yield from page["data"]
            if page["next_cursor"] is None:
                return
            query[cursor_name] = page["next_cursor"]


class _Group:
    def __init__(self, client):
        self._client = client
        self._http = client._http


class Reports(_Group):
    def create(self, *, idempotency_key=None, **request):
        """
        Asks for a report, by the fields of `POST /v1/orders/reports`. The same idempotency key and request are the same
        job for a day, also for another process.
        """
        key = idempotency_key or str(uuid.uuid4())
        job = self._client.call("POST", "/v1/orders/reports", body=request, idempotency_key=key)
        return Report(self._http, job["id"], job)

    def get(self, id):
        """A report that was asked for before, by this process or another one."""
        return Report(self._http, id)

    def list(self, **query):
        """Newest first; with `tag` those that were given it."""
        return self._client._items("/v1/orders/reports", query)


class Jobs(_Group):
    def create(self, *, idempotency_key=None, **submission):
        """Submits a job of any type: `create(type="orders.report", parameters={...})`."""
        key = idempotency_key or str(uuid.uuid4())
        job = self._client.call("POST", "/v1/jobs", body=submission, idempotency_key=key)
        return Job(self._http, job["id"], job)

    def get(self, id):
        """A job that was accepted before, by whichever route."""
        return Job(self._http, id)

    def list(self, **query):
        """Newest first."""
        return self._client._items("/v1/jobs", query)


class Imports(_Group):
    def create(self, file, *, media_type="text/csv", idempotency_key=None, column_map=None, metadata=None, **query):
        """Sends a file of orders: the path of one, or bytes. `tag` may be a list."""
        is_path = isinstance(file, (str, os.PathLike))
        length = os.path.getsize(file) if is_path else len(file)
        job, _headers = self._http.json(
            "POST",
            "/v1/orders/imports",
            query={
                **query,
                "column_map": None if column_map is None else json.dumps(column_map),
                "metadata": None if metadata is None else json.dumps(metadata),
            },
            body=(lambda: open(file, "rb")) if is_path else (lambda: io.BytesIO(file)),
            headers={"Content-Type": media_type, "Content-Length": str(length)},
            idempotency_key=idempotency_key or str(uuid.uuid4()),
        )
        return Import(self._http, job["id"], job)

    def get(self, id):
        """An import that was accepted before."""
        return Import(self._http, id)


class Orders(_Group):
    def list(self, **query):
        return self._client._items("/v1/orders", query)

    def changes(self, after=None):
        """What became of orders since a cursor: the `as_of` of a report, for one."""
        return self._client._items("/v1/orders/changes", {"after": after}, "after")


class Events(_Group):
    """The events that callbacks carry, to read, in one order and without gaps."""

    def list(self, after=None):
        """Those that are there, after the one of this id."""
        return self._client._items("/v1/events", {"after": after, "page_size": 100}, "after")

    def newest(self):
        """The last of those that are there, or None: `follow(newest["id"])` has what happens from now on."""
        page = self._client.call("GET", "/v1/events", query={"newest": True})
        return page["data"][0] if page["data"] else None

    def follow(self, after=None):
        """Those that are there, and then each as it happens. Keep the id of the last for next time."""
        while True:
            for event in self.list(after):
                after = event["id"]
                yield event
            time.sleep(1)


class Webhooks(_Group):
    """What receivers missed, and proofs of what they got."""

    def recover(self, endpoint_id, *, since, until=None, only=None, idempotency_key=None):
        """
        Resends to an endpoint what it missed of a window: `only` is "failed" (the default), "missing" or "all". `done()`
        waits until it is resent.
        """
        return self._submit(
            "/v1/webhooks/endpoints/{id}/recover", idempotency_key, {"id": endpoint_id}, since=since, until=until, only=only
        )

    def redeliver(self, filter=None, *, since, until=None, idempotency_key=None):
        """Makes the deliveries of a filter and a window again, to wherever they go."""
        return self._submit(
            "/v1/webhooks/deliveries/redeliver", idempotency_key, {}, filter=filter or {}, since=since, until=until
        )

    def proof(self, endpoint_id, *, since, until):
        """
        What became of every event of a window, as a compact JWS (EdDSA). It is not verified here: the standard library has
        no Ed25519. A JOSE library does, by the keys of `/.well-known/jwks.json?endpoint_id=...`.
        """
        return self._http.send(
            "GET",
            "/v1/webhooks/endpoints/" + urllib.parse.quote(endpoint_id, safe="") + "/proof",
            lambda response: response.read().decode(errors="replace"),
            query={"since": since, "until": until},
            headers={"Accept": "application/jose, application/problem+json"},
        )

    def _submit(self, path, idempotency_key, path_parameters, **body):
        job = self._client.call(
            "POST",
            path,
            body={name: value for name, value in body.items() if value is not None},
            idempotency_key=idempotency_key or str(uuid.uuid4()),
            **path_parameters,
        )
        return Job(self._http, job["id"], job)
