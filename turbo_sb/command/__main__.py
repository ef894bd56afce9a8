"""`python -m turbo_sb.command`, where turbo-sb is not on the path."""

from turbo_sb.command import main

main()
