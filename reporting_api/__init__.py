"""Reports over the marts, under row security and suppression. Defines no metric and writes nothing."""
