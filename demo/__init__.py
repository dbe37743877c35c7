"""The demo: a whole market told as a story on a chain of its own."""
