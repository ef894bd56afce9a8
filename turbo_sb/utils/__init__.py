"""Errors that teach, whole files, checksums, seeding by name, processes.

Authors
 * The turbo_sb developers 2026
"""

from turbo_sb.utils.errors import InputError, plain_errors

__all__ = ["InputError", "plain_errors"]
