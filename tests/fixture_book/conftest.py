"""The pages here are run by tests/test_sabotage.py, in a copy of their own."""

collect_ignore_glob = ["*"]
