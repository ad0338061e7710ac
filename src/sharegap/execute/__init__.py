"""From planned runs to stored rows: check, build, pack into fleets, train."""
