"""The leaderboard as files, as HTML, as markdown and in the terminal."""
