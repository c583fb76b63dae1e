"""The adapter of Twilio's messages (form-encoded REST) and the check of what it posts to us.

Twilio knows no request key: a call without an answer is looked for by number, text and time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from operational.messaging.messenger.port import (
    UNKNOWN,
    MessengerSignature,
    Outcome,
    Outgoing,
    Result,
)

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
HEADER = "X-Twilio-Signature"
CLOCKS_APART = timedelta(minutes=2)
_FAILED = ("failed", "undelivered", "canceled")


class TwilioMessenger:
    """Texts through an account behind `base_url`. One instance serves many threads."""

    def __init__(
        self, base_url: str, account: str, auth_token: str, timeout: httpx.Timeout = TIMEOUT
    ) -> None:
        self._path = f"/2010-04-01/Accounts/{account}/Messages.json"
        self._client = httpx.Client(
            base_url=base_url, timeout=timeout, auth=(account, auth_token), follow_redirects=False
        )

    def send(self, message: Outgoing) -> Result:
        form = {"To": message.to, "From": message.sender, "Body": message.text}
        if message.status_url:
            form["StatusCallback"] = message.status_url
        try:
            answer = self._client.post(self._path, data=form)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Result(Outcome.UNAVAILABLE, code="unreachable")
        except httpx.HTTPError:
            return UNKNOWN
        return _answered(answer)

    def lookup(self, message: Outgoing, since: datetime) -> Result | None:
        begin = since - CLOCKS_APART
        query = {
            "To": message.to,
            "From": message.sender,
            "DateSent>": f"{begin:%Y-%m-%d}",
            "PageSize": "100",
        }
        try:
            answer = self._client.get(self._path, params=query)
            listed = answer.raise_for_status().json()["messages"]
            return next((_listed(one) for one in listed if _is(one, message, begin)), None)
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return UNKNOWN


def _answered(answer: httpx.Response) -> Result:
    if answer.status_code == 429:
        return Result(Outcome.UNAVAILABLE, code="busy")
    try:
        document = answer.json()
        if answer.status_code in (200, 201):
            return Result(Outcome.ACCEPTED, reference=str(document["sid"]))
        if 400 <= answer.status_code < 500:
            return Result(Outcome.REFUSED, code=f"error_{int(document['code'])}")
    except (ValueError, KeyError, TypeError):
        pass
    return UNKNOWN


def _is(listed: Mapping[str, Any], message: Outgoing, begin: datetime) -> bool:
    made = parsedate_to_datetime(listed["date_created"]).astimezone(UTC)
    return listed["to"] == message.to and listed["body"] == message.text and made >= begin


def _listed(found: Mapping[str, Any]) -> Result:
    if found["status"] in _FAILED:
        return Result(Outcome.REFUSED, str(found["sid"]), f"error_{found.get('error_code') or 0}")
    return Result(Outcome.ACCEPTED, reference=str(found["sid"]))


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """What Twilio signs a POST with: HMAC-SHA1 over the address and the sorted fields."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def verify(auth_token: str, url: str, form: Mapping[str, str], header: str | None) -> None:
    """Raises MessengerSignature for a missing or wrong one."""
    expected = signature(auth_token, url, form)
    if header is None or not header.isascii() or not hmac.compare_digest(expected, header):
        raise MessengerSignature
