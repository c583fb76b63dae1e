"""The look of every page: layout, style sheet and the headers that pages are sent with.

No framework and no area: who may see what, and what is on a page, is the apps' own business.
"""
