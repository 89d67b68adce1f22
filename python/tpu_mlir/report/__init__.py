"""The report of a bmodel: a page that a browser opens without a network."""
