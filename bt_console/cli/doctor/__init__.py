"""What this machine must allow for measuring: each module looks at one side of it and names the remedy."""
