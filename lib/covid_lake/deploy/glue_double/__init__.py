"""What stands in for `awsglue` where a deployed job is played: this folder is put on the job's path."""
