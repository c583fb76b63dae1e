"""The kernel: words, identifiers, money, time, settings, database sessions and errors.

Everything may import it; it imports nothing of ours. No area's rules belong here.
"""
