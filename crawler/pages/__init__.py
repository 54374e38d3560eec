"""What a page says. Text in, values out: no input or output, no requests, no store."""
