"""A trained model as a folder that holds what prediction needs, and no more."""

from turbo_sb.inference.export.write import export_run, write_export

__all__ = ["export_run", "write_export"]
