"""What the fixtures are made of: test clusters, database clones, a real web server."""
