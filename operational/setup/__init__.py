"""Pages that set an organization up, from nothing to open for business. Every rule is the services' own."""
