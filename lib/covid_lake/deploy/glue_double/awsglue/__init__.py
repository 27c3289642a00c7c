"""A double of awsglue for jobs that are played from their deployed definitions."""
