"""From a token in a report back to the operational record: decrypted, authorized and audited here."""
