"""What was accepted. An id is all that another process needs to go on with it."""

from .errors import JobEnded
from .report_file import ReportFile
from .watch import Watch


class Job:
    def __init__(self, http, id, known=None):
        self._http = http
        self._known = known
        self.id = id

    def get(self):
        """The job as it is now."""
        self._known, _headers = self._http.json("GET", f"/v1/jobs/{self.id}")
        return self._known

    def updates(self):
        """The job with each change, the first at once, the last when it has ended, whichever way."""
        if self._known is not None and self._known["status"] == "FAILED":
            # It may have been retried since.
            self._known = None
        for job in Watch(self._http, self.id, self._known).updates():
            self._known = job
            yield job

    def done(self, on_update=None):
        """
        Waits for the end, however long that takes, across restarts of the service and breaks of the network. Gives the
        completed job; raises JobEnded when it failed or was cancelled.
        """
        for job in self.updates():
            if on_update is not None:
                on_update(job)
        if job["status"] != "COMPLETED":
            raise JobEnded(job)
        return job

    def cancel(self):
        """The job, which ends `CANCELLED` now or soon."""
        job, _headers = self._http.json("DELETE", f"/v1/jobs/{self.id}")
        return job


class Report(Job):
    def file(self, format=None, on_update=None):
        """
        Waits until the report is made, and opens its file: of one of the formats that were asked for, the first of them
        without `format`. Raises JobEnded when it failed or was cancelled.
        """
        self.done(on_update)
        query = "" if format is None else f"?format={format}"
        return ReportFile(self._http, f"/v1/orders/reports/{self.id}{query}")

    def link(self, format=None):
        """A link that opens the file in a browser for five minutes, without a key."""
        link, _headers = self._http.json("GET", f"/v1/orders/reports/{self.id}/link", query={"format": format})
        return link["url"]


class Import(Job):
    """Its `done()` raises JobEnded when anything in the file is wrong; `result()` then says what."""

    def result(self):
        """What became of it, with the errors of its file by row."""
        result, _headers = self._http.json("GET", f"/v1/orders/imports/{self.id}")
        return result
