"""What-if over files: reads a programme and its events, runs the live rules, prints one JSON document."""
