"""Everything that this package raises by itself is an OrderReportsError."""

import json

from .retry_after import retry_after_seconds


class OrderReportsError(Exception):
    pass


class ApiError(OrderReportsError):
    """The service refused a call: its problem (RFC 9457), by a `code` that is stable."""

    def __init__(self, status, body, headers):
        problem = _problem_of(body)
        fields = [error["message"] for error in problem.get("errors", [])]
        detail = problem.get("detail", f"The answer was {status}, and no problem of the service.")
        super().__init__(" ".join([detail, "; ".join(fields)]).strip())
        self.status = status
        #: `None` where what answered was not the service: a proxy, for one.
        self.code = problem.get("code")
        self.problem = problem
        #: Name it when you ask for help.
        self.request_id = problem.get("request_id") or headers.get("X-Request-Id")
        #: Seconds after which trying again makes sense, where the service says so.
        self.retry_after = retry_after_seconds(headers)

    @property
    def fields(self):
        """The bad fields of the input, by their names."""
        return {error["field"]: error["message"] for error in self.problem.get("errors", [])}


class ConnectionLost(OrderReportsError):
    """The service could not be reached, for as long as the client tries again. `__cause__` is the last failure."""


class DamagedFile(OrderReportsError):
    """The bytes that arrived are not those that the service has."""


class VerificationError(OrderReportsError):
    """A callback that is not what it says it is: do not use it."""


class JobEnded(OrderReportsError):
    """A job ended otherwise than with its result. `code` says why: that of its error, or `cancelled`."""

    def __init__(self, job):
        error = job["error"] or {"code": "cancelled", "message": "It was cancelled."}
        super().__init__(f"Job {job['id']} ({job['type']}) ended {job['status']}: {error['message']}")
        self.code = "cancelled" if job["status"] == "CANCELLED" else error["code"]
        self.job = job


def _problem_of(body):
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) and isinstance(value.get("code"), str) else {}
