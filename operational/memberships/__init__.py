"""Memberships: what is offered, who is a member, what they are billed, and what that gives them."""
