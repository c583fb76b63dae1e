"""The chart: notes, treatment records, lots, exams, and the gates that guard a visit."""
