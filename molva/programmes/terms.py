"""Terms between their stored form and the rules' form; the same parser that `molva simulate` uses."""
