"""What can stop the pipeline in a way its operator can understand. No row value is ever in a message."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class PipelineFailed(DomainError):
    status = 500
    code = "pipeline-failed"
    title = "The pipeline stopped"


class GuardRefused(PipelineFailed):
    """Something other than the tagged columns was about to leave the operational store."""

    code = "pipeline-guard-refused"
    title = "The de-identification guard stopped the run"


class TokenKeyMissing(PipelineFailed):
    """Rows of an organization for which no token key was handed over."""

    code = "pipeline-token-key-missing"
    title = "An organization has no token key"


class TokenKeyChanged(PipelineFailed):
    """The key of a generation is not the one that generation was written with."""

    code = "pipeline-token-key-changed"
    title = "A token key is not the one the lake was written with"


class LakeDamaged(PipelineFailed):
    """A landed file is missing or is not what its manifest says."""

    code = "pipeline-lake-damaged"
    title = "The lake is damaged"


class LandingFailed(PipelineFailed):
    code = "pipeline-landing-failed"
    title = "Extracting and landing failed"


class StoreUnavailable(PipelineFailed):
    """A database was stopped, restarted or out of reach during the run."""

    status = 503
    code = "pipeline-store-unavailable"
    title = "A database went away"


class PipelineBusy(PipelineFailed):
    """Another run holds the lock and did not finish in time; nothing was changed."""

    status = 409
    code = "pipeline-busy"
    title = "Another pipeline run is under way"


class ControlTotalsDiffer(PipelineFailed):
    """The loaded rows are not the rows that the source counted in the same snapshot."""

    code = "pipeline-control-totals-differ"
    title = "The warehouse does not hold what the source counted"


class ChecksFailed(PipelineFailed):
    code = "pipeline-checks-failed"
    title = "The checks of the batch failed, so nothing was published"
