"""Follows a job to its end, by what gets through."""

import http.client
import json
import random
import time

from .errors import ApiError, ConnectionLost
from .retry_after import retry_after_seconds

TERMINAL = ("COMPLETED", "FAILED", "CANCELLED")
#: The service sends a heartbeat every 15 seconds: what says nothing for so long is kept back by a proxy, or broken.
_STREAM_IDLE_SECONDS = 25
_STREAM_TRIES = 2
_WAIT_SECONDS = 20


class Watch:
    """
    By the stream of its events; where a proxy keeps streams back, by answers that wait; where those are cut off, by polls.
    Whatever breaks is taken up again, at the event that came last.
    """

    def __init__(self, http, id, known):
        self._http = http
        self._path = f"/v1/jobs/{id}"
        self._job = known
        self._last_event_id = None
        #: Streams in a row that brought nothing.
        self._silent = 0
        self._may_wait = True

    def updates(self):
        """The job with each change, the first at once, the last when it has ended."""
        if self._job is None:
            self._get()
        yield self._job
        while self._job["status"] not in TERMINAL:
            if self._silent < _STREAM_TRIES:
                yield from self._streamed()
            else:
                yield self._asked()

    def _streamed(self):
        try:
            for event in self._events():
                if self._after(event):
                    yield self._job
                if self._job["status"] in TERMINAL:
                    return
        except ApiError as error:
            if error.status == 403:
                # A token may read its job and not stream it. Where it may not read it either, the next answer says so.
                self._silent = _STREAM_TRIES
            elif _is_final(error):
                raise
            else:
                self._silent += 1
        except (ConnectionLost, OSError, http.client.HTTPException):
            self._silent += 1
        # Whatever the stream died of: this waits until the service answers, and sees what was missed.
        self._get()
        yield self._job
        if self._job["status"] not in TERMINAL:
            time.sleep(0.5 + random.random())

    def _events(self):
        headers = {"Accept": "text/event-stream"}
        if self._last_event_id is not None:
            headers["Last-Event-ID"] = self._last_event_id
        response = self._http.send(
            "GET", f"{self._path}/events", lambda answer: answer, headers=headers, idle=_STREAM_IDLE_SECONDS, once=True
        )
        with response:
            fields = {}
            for line in response:
                self._silent = 0
                text = line.decode().rstrip("\r\n")
                name, _, value = text.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
                elif text == "":
                    # A block without data is no event; `retry` alone, for one.
                    if "data" in fields:
                        yield fields
                    fields = {}

    def _after(self, event):
        """Whether the job is another one after this event."""
        self._last_event_id = event.get("id", self._last_event_id)
        name = event.get("event")
        if name == "accepted":
            return False
        if name == "progress":
            self._job = _with_progress(self._job, json.loads(event["data"]))
        else:
            self._get()
        return True

    def _asked(self):
        if self._may_wait:
            try:
                self._job, headers = self._http.json(
                    "GET", self._path, headers={"Prefer": f"wait={_WAIT_SECONDS}"}, idle=_WAIT_SECONDS + 10, once=True
                )
                if self._job["status"] not in TERMINAL and headers.get("Preference-Applied") is None:
                    _pause(headers)
                return self._job
            except ApiError as error:
                if _is_final(error):
                    raise
                self._may_wait = False
            except ConnectionLost:
                self._may_wait = False
        headers = self._get()
        if self._job["status"] not in TERMINAL:
            _pause(headers)
        return self._job

    def _get(self):
        self._job, headers = self._http.json("GET", self._path)
        return headers


def _is_final(error):
    """Whether asking again would be answered the same; what is no problem of the service says nothing of it."""
    return bool(error.problem) and error.status in (400, 401, 403, 404)


def _pause(headers):
    time.sleep(min(30, max(1, retry_after_seconds(headers) or 0)))


def _with_progress(job, progress):
    names = [step["name"] for step in job["steps"]]
    now = names.index(progress["step"]) if progress["step"] in names else -1
    steps = [
        {"name": name, "status": "COMPLETED" if at < now else "IN_PROGRESS" if at == now else "PENDING"}
        for at, name in enumerate(names)
    ]
    return {**job, **{name: progress[name] for name in ("status", "attempt", "progress")}, "steps": steps}
