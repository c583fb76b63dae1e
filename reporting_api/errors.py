"""What a reader of reports can get wrong, and what to do about it."""

from __future__ import annotations

from medspa.kernel.errors import Invalid, NotFound


class ReportUnknown(NotFound):
    code = "report-unknown"
    title = "There is no report of this name"


class LocationUnknown(NotFound):
    code = "location-unknown"
    title = "There is no such location for you"


class DatesReversed(Invalid):
    code = "dates-reversed"
    title = "The range ends before it begins"


class NoData(NotFound):
    code = "no-published-data"
    title = "Nothing has been published for this organization yet"


class DimensionUnknown(Invalid):
    code = "metric-dimension-unknown"
    title = "This figure is not split by that"


class MetricUnknown(NotFound):
    code = "metric-unknown"
    title = "There is no metric of this name"


class NotMeasured(Invalid):
    code = "report-has-one-form"
    title = "This report cannot be shown that way"
