"""A plugin whose author forgot a dependency."""

raise ModuleNotFoundError("No module named 'a_module_that_nobody_has'")
