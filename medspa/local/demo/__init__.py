"""The demonstration: a practice's day entered over HTTP, the pipeline, and what comes out of it."""
