"""Tables of finished runs, from the files that they left."""

__all__ = ["build_report", "read_report", "write_report"]


def __getattr__(name):
    """Import what is asked for: Python runs this file before --help."""
    if name in __all__:
        from turbo_sb.evaluation.report import build, files

        return getattr(build, name, None) or getattr(files, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
