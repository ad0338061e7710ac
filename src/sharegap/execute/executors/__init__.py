"""Executors: each starts workers somewhere, and says when one was lost. What workers do is `execute.worker`."""
