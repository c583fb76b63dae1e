"""Reports for owners and finance, read from published marts under row security. No operational code."""
