"""The client record: who somebody is and how to reach them. Why they come is not here."""
