"""Time, objective and memory of the library beside its peers: `make bench` prints one table.

Only this folder knows the peers, and it imports them where it calls them: without them (they are
the extra `bench` of pyproject.toml, in an environment of its own) the table has fewer rows.
"""
