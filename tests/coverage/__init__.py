"""The shipped procedures beside the catalogue of what the regulations ask for: what is there, what is not, and why."""
