"""Who acts and what they may do: sign-in, sessions, roles, API keys."""
