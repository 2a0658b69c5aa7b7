"""The tracker: the fast, durable redirect of partner links. Its own process; no Django, no HTTP framework.

`app` holds the rules of an answer, `protocol` the HTTP connections, `queue` and `writer` the way of a click
to the disk, `links` and `database` the reading of links. A click is answered only after its commit.
"""
