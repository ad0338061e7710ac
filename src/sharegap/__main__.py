"""`python -m sharegap`, the same as `sharegap`."""

from sharegap.commands.main import main

if __name__ == "__main__":
    main()
