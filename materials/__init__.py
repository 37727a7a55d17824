"""The built-in material pack: one TOML file a substance or parameter set."""
