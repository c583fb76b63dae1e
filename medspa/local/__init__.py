"""Running medspa on one machine: embedded servers, roles, supervision, the one web origin.

Part of the composition root, so it may import every package; no area's rules belong here.
"""
