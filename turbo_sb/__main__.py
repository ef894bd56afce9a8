"""`python -m turbo_sb`, where turbo-sb is not on the path."""

from turbo_sb.cli import main

main()
