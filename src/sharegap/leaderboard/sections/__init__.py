"""The leaderboard's sections, one module each."""
