"""The pages of reporting: the same questions as the API, shown to people. No figure is computed here."""
