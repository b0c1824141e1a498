"""Accounts: a trace told in English, by a writer of ours or by a model, and kept when it ends in the true value."""
