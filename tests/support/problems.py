"""Reading a problem document in a test."""

from __future__ import annotations

import httpx

from medspa.kernel.errors import PROBLEM_TYPE_PREFIX


def problem(answer: httpx.Response) -> tuple[int, str]:
    """(status, code) of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["type"].removeprefix(PROBLEM_TYPE_PREFIX)
