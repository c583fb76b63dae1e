"""Tie-outs: two sides computed from different tables, equal to the cent or publication stops.

A tie-out is a file of SQL that returns org_id, location_id, business_date, subject, left_minor, right_minor.
`{scope:alias}` stands where rows of an alias may be narrowed to the days of a build.
"""
