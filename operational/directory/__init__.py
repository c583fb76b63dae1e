"""What is looked up before an organization is known: keys, sessions, links, the list of organizations."""
