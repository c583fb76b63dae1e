"""The organization's own set-up: legal entities, locations, hours, taxes, merchant accounts."""
