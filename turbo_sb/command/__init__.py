"""The command turbo-sb."""

from turbo_sb.command.main import main

__all__ = ["main"]
