"""Moving in a practice's history from another system. How its files look is in the system's own folder."""
