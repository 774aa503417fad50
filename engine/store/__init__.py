"""What is on disk and stays whole: blobs by digest, the SQLite records, ingests and their reclaim."""
