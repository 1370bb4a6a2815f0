"""Which addresses are public, and which lead into this machine, its networks or nowhere.

The lists follow the IANA special-purpose registries for IPv4 and IPv6. IPv6 addresses that carry an
IPv4 address are judged by that one: translators and tunnels deliver there.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_IPV4_SPECIAL = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",  # carriers' own (CGNAT); some clouds keep their metadata there
            "127.0.0.0/8",
            "169.254.0.0/16",  # link-local, and the metadata of clouds
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)
#: All that is handed out lies here; the rest of IPv6 is loopback, private, link-local, multicast.
_IPV6_PUBLIC = IPv6Network("2000::/3")
_IPV6_SPECIAL = tuple(
    map(
        IPv6Network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
#: An IPv4 address stands in the last 32 bits.
_IPV4_AT_THE_END = tuple(
    map(
        IPv6Network,
        (
            "::ffff:0:0/96",  # mapped
            "::ffff:0:0:0/96",  # translated
            "64:ff9b::/96",  # NAT64
        ),
    )
)
_6TO4 = IPv6Network("2002::/16")


def is_public(text: str) -> bool:
    """Whether a numeric address is one of the public internet; what is none of any kind is not."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return _is_public(address)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _IPV4_SPECIAL)
    if address.scope_id is not None:
        return False
    inner = _carried(address)
    if inner is not None:
        return _is_public(inner)
    if address not in _IPV6_PUBLIC:
        return False
    return not any(address in network for network in _IPV6_SPECIAL)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that packets for this one end up at."""
    if any(address in network for network in _IPV4_AT_THE_END):
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return IPv4Address(int(address) >> 80 & 0xFFFF_FFFF)
    return None
