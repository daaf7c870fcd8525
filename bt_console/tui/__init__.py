"""The terminal console: screens over one snapshot of the district."""
