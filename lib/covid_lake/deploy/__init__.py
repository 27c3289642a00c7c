"""The jobs of a dataset and their order as data, and what AWS Glue, Airflow and a laptop make of it."""
