"""`molva check`: silent on sound books, and names the very row on tampered ones."""
