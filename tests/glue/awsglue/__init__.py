"""What the jobs use of AWS's library `awsglue`, without Glue's Java classes; put on a job's path by tests."""
