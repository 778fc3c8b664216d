"""How long an answer asks to be left alone (RFC 9110, section 10.2.3)."""

import email.utils
import math
import re
import time


def retry_after_seconds(headers):
    """
    Whole seconds, also where a proxy says a date: that is by its clock, as the answer's `Date` is. `None` where nothing is said, or
    nothing that means anything.
    """
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch("[0-9]{1,6}", text):
        return int(text)
    at = _time_of(text)
    if at is None:
        return None
    sent_at = _time_of(headers.get("Date") or "")
    return max(0, math.ceil(at - (time.time() if sent_at is None else sent_at)))


def _time_of(text):
    try:
        return email.utils.parsedate_to_datetime(text).timestamp() if text.endswith("GMT") else None
    # `TypeError` before Python 3.10.
    except (ValueError, TypeError, OverflowError, OSError):
        return None
