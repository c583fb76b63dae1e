"""The ports through which messages leave, and what stands behind them."""
