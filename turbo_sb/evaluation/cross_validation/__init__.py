"""Several YAMLs, all folds, several seeds: one command, one report."""

from turbo_sb.evaluation.cross_validation.command import main
from turbo_sb.evaluation.cross_validation.plan import Plan, Recipe

__all__ = ["Plan", "Recipe", "main"]
