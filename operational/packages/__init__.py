"""Packages: what is offered, what a client holds, and giving back what is left."""
