"""What the desk looks at all day: the visits of a location as a calendar. Rules are booking's."""
