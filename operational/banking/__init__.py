"""Money after it was taken: the processor's payouts, checks and bags, the bank's lines, third parties.

Taking and giving back money at the desk is checkout's; how entries are written is the ledger's.
"""
