"""What a container promises, and what it holds: the parts to decode."""
