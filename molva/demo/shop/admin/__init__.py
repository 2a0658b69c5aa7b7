"""The admin API of the fake shop, a module for each noun."""
