"""Every fault played in turn, and a judge of what the monitor made of it who shares no code with its diagnosis."""
