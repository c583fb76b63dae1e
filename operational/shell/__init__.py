"""What surrounds every page: navigation, the chosen location, quick search, notifications, the look."""
