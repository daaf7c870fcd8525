"""The pages and dialogs of the console, one file each."""
