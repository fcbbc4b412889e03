"""`python -m samenet`."""

from samenet.cli import main

if __name__ == "__main__":
    main()
