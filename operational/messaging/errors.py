"""What can go wrong when a segment is read."""

from __future__ import annotations

from medspa.kernel.errors import NotFound


class SegmentNotPublished(NotFound):
    code = "segment-not-published"
    title = "This segment has not been published"
