"""`python -m turbo_sb.export RUN --to FOLDER`: the same as turbo-sb export."""

import sys

from turbo_sb.command import main

if __name__ == "__main__":
    main(["export", *sys.argv[1:]])
