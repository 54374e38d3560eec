"""What listens to a crawl: dead letters, log lines, the progress bar."""
