"""The press: turns docs/ into a verified site."""
