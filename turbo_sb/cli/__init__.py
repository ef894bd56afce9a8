"""The command turbo-sb."""

from turbo_sb.cli.main import main

__all__ = ["main"]
