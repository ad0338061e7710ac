"""What is to be run: run identity, suites, configs. No torch."""
