"""Tests. unit/ needs no database, integration/ real servers, e2e/ whole processes over HTTP."""
