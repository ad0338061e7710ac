"""The leaderboard as files, HTML, markdown and in the terminal."""
