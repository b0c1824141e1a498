"""What is stored: traces and episodes, their Arrow schema, and exactly-once Parquet datasets."""
