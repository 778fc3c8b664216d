"""A file that is being downloaded. When the connection breaks, the download goes on where it was."""

import hashlib
import http.client
import os
import re

from .errors import ConnectionLost, DamagedFile
from .http_client import IDLE_SECONDS

_CHUNK_BYTES = 65_536
#: In a row, each without a byte.
_MOST_BREAKS = 5


class ReportFile:
    def __init__(self, http, path):
        self._http = http
        self._path = path
        self._response = self._open({})
        headers = self._response.headers
        #: As the service calls it: `orders-<id>.pdf`.
        self.name = headers.get_filename("report").replace("/", "_")
        self.media_type = headers.get_content_type()
        #: In bytes; `None` where a proxy left it out.
        self.size = int(headers["Content-Length"]) if "Content-Length" in headers else None
        #: In hexadecimal.
        self.sha256 = headers["ETag"].removeprefix("W/").strip('"')

    def read(self):
        """
        The whole file. Raises DamagedFile when it is not the one of the digest, ConnectionLost when it broke off for too
        long.
        """
        return b"".join(self.chunks())

    def save(self, path=None):
        """
        Writes the file, whole or not at all, and says where: at `path`, in `path` where that is a folder, or under
        its name in the working directory.
        """
        path = os.path.join(path or "", self.name) if path is None or os.path.isdir(path) else path
        part = f"{path}.part"
        try:
            with open(part, "wb") as file:
                for chunk in self.chunks():
                    file.write(chunk)
            os.replace(part, path)
        except BaseException:
            if os.path.exists(part):
                os.remove(part)
            raise
        return path

    def chunks(self):
        """The bytes as they come, once. Raises DamagedFile at the end when they were not those of the digest."""
        response, self._response = self._response, None
        if response is None:
            raise ValueError("The file was read already: ask for it again.")
        digest = hashlib.sha256()
        had, breaks = 0, 0
        while True:
            failure = None
            try:
                with response:
                    while chunk := response.read1(_CHUNK_BYTES):
                        breaks = 0
                        had += len(chunk)
                        digest.update(chunk)
                        yield chunk
            except (OSError, http.client.HTTPException) as error:
                failure = error
            # Without a size the file ends with its answer: the digest says whether it does.
            is_whole = failure is None if self.size is None else had >= self.size
            if is_whole:
                break
            failure = failure or EOFError("The answer ended.")
            breaks += 1
            if breaks > _MOST_BREAKS:
                raise ConnectionLost(
                    f"{self.name} from {self._http.origin} broke off after {had} bytes, again and again: {failure!r}"
                ) from failure
            response = self._open({"Range": f"bytes={had}-", "If-Range": f'"{self.sha256}"'})
            if not re.match(rf"bytes {had}-", response.headers.get("Content-Range", "")):
                response.close()
                raise DamagedFile(f"{self.name} could not be taken up at byte {had}.")
        if digest.hexdigest() != self.sha256:
            raise DamagedFile(f"{self.name} has the digest {digest.hexdigest()}, not {self.sha256}.")

    def _open(self, headers):
        return self._http.send(
            "GET", self._path, lambda answer: answer, headers={"Accept": "*/*", **headers}, idle=IDLE_SECONDS
        )
