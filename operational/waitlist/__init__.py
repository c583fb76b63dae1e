"""Who waits for an earlier time: wishes, offers of time that came free, and taking them."""
