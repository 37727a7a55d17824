"""A material pack: data alone, nothing to run."""
