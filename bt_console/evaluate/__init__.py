"""Pure decisions: what readings mean, what is wrong, and what to ask next."""
