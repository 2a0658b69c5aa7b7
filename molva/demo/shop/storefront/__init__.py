"""The storefront of the fake shop: pages that a buyer sees, and the addresses that a script on them may call."""
