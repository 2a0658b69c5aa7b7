"""Writes a tiny file in MaxMind's format: enough for a reader, a few networks, one record each.

The format: a binary tree over the bits of an address, 24 bits a branch, then the records, then words about the file.
"""

from collections.abc import Mapping
from ipaddress import IPv6Network, ip_network
from typing import Any

_EMPTY = -1
_UINT16, _UINT32, _UINT64 = 5, 6, 9


def make_mmdb(networks: Mapping[str, Any]) -> bytes:
    """The file with a record for each network; IPv4 lies in the last 32 bits, as in all such files."""
    nodes: list[list[int]] = [[_EMPTY, _EMPTY]]
    records: list[bytes] = []
    leaves: dict[tuple[int, int], int] = {}
    for text, record in networks.items():
        network = ip_network(text)
        length = network.prefixlen + (0 if isinstance(network, IPv6Network) else 96)
        bits = f"{int(network.network_address):0128b}"[:length]
        node = 0
        for bit in map(int, bits[:-1]):
            if nodes[node][bit] == _EMPTY:
                nodes.append([_EMPTY, _EMPTY])
                nodes[node][bit] = len(nodes) - 1
            node = nodes[node][bit]
        leaves[node, int(bits[-1])] = sum(map(len, records))
        records.append(_encode(record))
    return (
        _tree(nodes, leaves) + bytes(16) + b"".join(records) + b"\xab\xcd\xefMaxMind.com" + _about(len(nodes))
    )


def _tree(nodes: list[list[int]], leaves: Mapping[tuple[int, int], int]) -> bytes:
    tree = b""
    for place, node in enumerate(nodes):
        for bit in (0, 1):
            value = len(nodes) if node[bit] == _EMPTY else node[bit]
            if (place, bit) in leaves:
                value = len(nodes) + 16 + leaves[place, bit]
            tree += value.to_bytes(3, "big")
    return tree


def _about(count: int) -> bytes:
    return _encode({
        "binary_format_major_version": (_UINT16, 2), "binary_format_minor_version": (_UINT16, 0),
        "build_epoch": (_UINT64, 1_790_000_000), "database_type": "Test-Country",
        "description": {"en": "made by a test"}, "ip_version": (_UINT16, 6), "languages": ["en"],
        "node_count": (_UINT32, count), "record_size": (_UINT16, 24),
    })  # fmt: skip


def _encode(value: Any) -> bytes:
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(_encode(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return _head(11, len(value)) + b"".join(map(_encode, value))
    if isinstance(value, tuple):
        kind, number = value
        raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
        return _head(kind, len(raw)) + raw
    raw = str(value).encode()
    return _head(2, len(raw)) + raw


def _head(kind: int, size: int) -> bytes:
    """Kind and size; sizes from 29 on take a byte more, kinds above 7 too."""
    short, rest = (size, b"") if size < 29 else (29, bytes([size - 29]))
    return (bytes([kind << 5 | short]) if kind <= 7 else bytes([short, kind - 7])) + rest
