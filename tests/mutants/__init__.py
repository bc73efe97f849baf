"""Do the tests bite? Small wrong changes to the flat modules, each run against its own tests.

`make mutants` draws them with a fixed seed. mutmut leaves out decorated functions and the constants
of a module, which is most of this library; cosmic-ray starts a new Python for each change, which
takes longer than the tests do. Here a child of one warmed process imports the changed module.
"""
