"""A double of Amazon Redshift: PostgreSQL behind a proxy that speaks, refuses and fails as Redshift does.

Redshift's own drivers connect to it without TLS. What it does not know, it refuses, so that a statement which passes
here is one whose rule in Redshift's documentation was looked up. Sources are named beside each rule, as pages of the
Redshift Database Developer Guide (https://docs.aws.amazon.com/redshift/latest/dg/<page>.html).

It proves the sequence of statements, transactions, failures and rows. It proves nothing of Redshift's planner, speed,
concurrency or of what the documentation leaves out.
"""

from redshift_double.faults import DISK_FULL, Fault, Moment
from redshift_double.server import RedshiftDouble, running_double

__all__ = ["DISK_FULL", "Fault", "Moment", "RedshiftDouble", "running_double"]
