"""What stops an import before anything is written. What is wrong with a row is a reason in the report."""

from __future__ import annotations

from medspa.kernel.errors import DomainError


class FileUnreadable(DomainError):
    status = 422
    code = "import-file-unreadable"
    title = "A file cannot be read"


class FileMissing(DomainError):
    status = 422
    code = "import-file-missing"
    title = "The folder lacks a file"


class ForeignFile(DomainError):
    status = 422
    code = "import-foreign-file"
    title = "A file comes from another system"


class ColumnMissing(DomainError):
    status = 422
    code = "import-column-missing"
    title = "A file lacks a column"


class DatesUnclear(DomainError):
    status = 422
    code = "import-dates-unclear"
    title = "The order of day and month is not clear"


class MappingRefused(DomainError):
    status = 422
    code = "import-mapping-refused"
    title = "The mapping cannot be used"
