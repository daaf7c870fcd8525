"""Configuration: one YAML file in, an inventory out, or every mistake with its place."""
