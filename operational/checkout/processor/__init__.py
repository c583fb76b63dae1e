"""The card processor: the port, what it answers, and the implementations behind it."""
