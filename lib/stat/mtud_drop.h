/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#ifndef MTUD_DROP_H
#define MTUD_DROP_H

/**
 * @file
 * Every reason for which a packet ends in mtud, every fate of an answer, and of a SYN on a route
 * with an MSS of its own: one line each.
 */

#include <rte_common.h>

/* X(identifier, name on the console, sentence) */
#define MTUD_DROPS(X)                                                                              \
	X(NONE, "none", "no reason: what a check says of a packet that goes on")                   \
	X(RUNT, "runt", "frame too short for the headers it announces")                            \
	X(OTHER_MAC, "other_mac", "unicast frame for another host's MAC address")                  \
	X(L2_MULTICAST, "l2_multicast",                                                            \
		"unicast IP destination in a multicast or broadcast frame, never forwarded")       \
	X(VLAN, "vlan", "VLAN-tagged frame; VLANs are not configured")                             \
	X(IEEE8023, "ieee8023", "802.3 frame with a length instead of an EtherType")               \
	X(ETHERTYPE, "ethertype", "EtherType that mtud does not route")                            \
	X(RX_OVERSIZE, "rx_oversize",                                                              \
		"frame longer than the port's MTU: the peer glues segments; turn it off there "    \
		"with ethtool -K IFACE tso off gso off gro off, or raise set port N mtu")          \
	X(IP_VERSION, "ip_version", "version field does not match the EtherType")                  \
	X(IP_TRUNCATED, "ip_truncated", "IP length goes beyond the frame")                         \
	X(IP_HEADER, "ip_header",                                                                  \
		"IPv4 header length or total length that leaves no room for the header")           \
	X(IP_CKSUM, "ip_cksum", "wrong IPv4 header checksum")                                      \
	X(SOURCE_ROUTE, "source_route", "IPv4 source routing option, never followed (RFC 7126)")   \
	X(JUMBOGRAM, "jumbogram", "payload length 0 with hop-by-hop options (RFC 2675)")           \
	X(SRC_INVALID, "src_invalid",                                                              \
		"source is unspecified, loopback, multicast, IPv4-mapped, or IPv4 of class E")     \
	X(SRC_OURS, "src_ours",                                                                    \
		"its source is an address of ours, or the broadcast address of a link of ours")    \
	X(DST_INVALID, "dst_invalid",                                                              \
		"destination is unspecified, loopback, IPv4-mapped or of reserved scope")          \
	X(CLASS_E, "class_e", "IPv4 destination of class E (240.0.0.0/4)")                         \
	X(BROADCAST, "broadcast",                                                                  \
		"IPv4 broadcast: limited, or directed to a link of ours; never forwarded")         \
	X(DST_LINK_LOCAL, "dst_link_local",                                                        \
		"link-local destination that is not ours, never forwarded")                        \
	X(MCAST_UNROUTED, "mcast_unrouted", "multicast group that is neither routed nor ours")               \
	X(NO_ROUTE, "no_route", "no route to the destination")                                     \
	X(BLACKHOLE, "blackhole", "route of type blackhole")                                       \
	X(UNREACHABLE, "unreachable", "route of type unreachable")                                 \
	X(PROHIBIT, "prohibit", "route of type prohibit")                                          \
	X(BEYOND_SCOPE, "beyond_scope", "link-local source, destination beyond the link")          \
	X(P2P_RETURN, "p2p_return",                                                                \
		"the route would return it on the point-to-point link that it came from")          \
	X(HOP_LIMIT, "hop_limit", "hop limit used up")                                             \
	X(TOO_BIG, "too_big", "larger than the MTU of its route")                                  \
	X(FRAG_TOO_MANY, "frag_too_many", "would have become more fragments than mtud makes")      \
	X(FRAG_BEYOND, "frag_beyond",                                                              \
		"IPv4 fragment to be fragmented that ends beyond octet 65535")                     \
	X(NEIGH_FAILED, "neigh_failed", "the next hop did not answer Neighbor Solicitations or ARP") \
	X(NEIGH_HOLD, "neigh_hold",                                                                \
		"pushed out by newer packets while the next hop was being resolved")               \
	X(NEIGH_FULL, "neigh_full", "the neighbor cache has no room for the next hop")             \
	X(NEIGH_GONE, "neigh_gone",                                                                \
		"the neighbor that it waited for was removed or had to make room")                 \
	X(PORT_DOWN, "port_down",                                                                  \
		"its output port is stopped, has no link, or its device is gone (show port)")      \
	X(TX_FULL, "tx_full",                                                                      \
		"the output port's transmit queue was full: its link is slower than what was to "  \
		"go there, or stands")                                                             \
	X(PUNT_FULL, "punt_full",                                                                  \
		"the control thread's ring was full: more for it (unknown neighbors, ND, ARP) "    \
		"than it takes, or it stands")                                                     \
	X(INJECT_FULL, "inject_full",                                                              \
		"a worker's ring from the control thread was full: the worker is overloaded or "   \
		"stands (show workers)")                                                           \
	X(NO_MBUF, "no_mbuf",                                                                      \
		"no buffer was left for a packet of mtud's own: ND, ARP, a fragment")              \
	X(REPLY_NO_ROUTE, "reply_no_route", "a packet of ours found no route to its destination")      \
	X(LOCAL_TCP, "local_tcp", "TCP to an address of ours: mtud serves none and stays silent")  \
	X(LOCAL_PORT, "local_port", "UDP to an address of ours: no such port")                     \
	X(LOCAL_PROTO, "local_proto", "next header that mtud does not know, to an address of ours") \
	X(LOCAL_OPTION, "local_option",                                                            \
		"extension header to an address of ours that forbids to go on")                    \
	X(LOCAL_NO_NEXT, "local_no_next", "no next header, to an address of ours")                 \
	X(LOCAL_FRAGMENT, "local_fragment", "fragment to an address of ours: not reassembled")     \
	X(LOCAL_TRUNCATED, "local_truncated", "too short for its headers, to an address of ours")  \
	X(LOCAL_CKSUM, "local_cksum", "UDP without or with a wrong checksum, to an address of ours") \
	X(ICMP_CKSUM, "icmp_cksum", "wrong ICMP checksum, to an address of ours")                \
	X(ICMP_IGNORED, "icmp_ignored", "ICMP message to us that asks for nothing")              \
	X(ARP_MALFORMED, "arp_malformed", "ARP packet that is short, or not Ethernet and IPv4")    \
	X(ARP_ADDRESS, "arp_address",                                                              \
		"ARP packet with a sender that no host can have")                                  \
	X(ARP_NOT_OURS, "arp_not_ours", "ARP packet between others")                               \
	X(ARP_OFF_LINK, "arp_off_link", "ARP packet about an address that is not on this link")    \
	X(ARP_LOOPED, "arp_looped", "ARP packet of our own that came back")                        \
	X(ARP_RATE, "arp_rate", "ARP request over the rate of those that are answered")            \
	X(ND_HOP_LIMIT, "nd_hop_limit", "ND message with a hop limit other than 255")              \
	X(MLD_ALERT, "mld_alert", "MLD query without a Router Alert option (RFC 3810)")            \
	X(ND_RATE, "nd_rate", "Neighbor Solicitation over the rate of those that are answered")    \
	X(ND_CODE, "nd_code", "ND message with a code other than 0")                               \
	X(ND_SHORT, "nd_short", "ND message shorter than its type asks")                           \
	X(ND_OPTION, "nd_option", "ND option of length 0 or beyond the message")                   \
	X(ND_TARGET, "nd_target", "ND message with a multicast or IPv4-mapped target")             \
	X(ND_ADDRESS, "nd_address",                                                                \
		"ND message with a source or destination that its type forbids")                   \
	X(ND_FRAGMENT, "nd_fragment", "fragmented ND message (RFC 6980)")                          \
	X(ND_OFF_LINK, "nd_off_link", "ND message about an address that is not on this link")      \
	X(ND_NOT_OURS, "nd_not_ours", "ND message for an address that is not ours")                \
	X(ND_LOOPED, "nd_looped", "ND message of our own that came back")

/* X(identifier, name, sentence); of both lists the first is no counter but the 0 of a check. */
#define MTUD_ICMP_COUNTERS(X)                                                                      \
	X(NONE, "none", "no counter: what mtud_icmp6_may_send() says when an answer may go")       \
	X(PTB, "sent_packet_too_big", "Packet Too Big sent")                                       \
	X(FRAG_NEEDED, "sent_fragmentation_needed", "IPv4 Fragmentation Needed sent")              \
	X(TIME_EXCEEDED, "sent_time_exceeded", "Time Exceeded sent")                               \
	X(UNREACH, "sent_unreachable", "Destination Unreachable sent")                             \
	X(PARAM, "sent_parameter_problem", "Parameter Problem sent")                               \
	X(ECHO, "sent_echo_reply", "Echo Reply sent")                                              \
	X(HELD_RATE, "held_rate", "not sent: over the rate (set icmp rate)")                       \
	X(HELD_ERROR, "held_error", "not sent: the cause is itself an ICMP error or a redirect")   \
	X(HELD_SOURCE, "held_source", "not sent: the cause has a source that cannot be answered")  \
	X(HELD_MULTICAST, "held_multicast", "not sent: the cause went to a group")                 \
	X(HELD_FRAGMENT, "held_fragment", "not sent: the cause is a later IPv4 fragment")          \
	X(HELD_NO_SOURCE, "held_no_source", "not sent: no address of ours fits as source")         \
	X(HELD_NO_ROUTE, "held_no_route", "not sent: no route back to the sender")                 \
	X(HELD_NO_MBUF, "held_no_mbuf", "not sent: the reply pool was empty")                      \
	X(HELD_LARGER, "held_larger", "not sent: the answer would be larger than its cause")       \
	X(HELD_SOLICIT, "held_solicit",                                                            \
		"not sent: Neighbor Solicitation or ARP request over the rate; asked again later")

/* X(identifier, name, sentence) */
#define MTUD_SYN_COUNTERS(X)                                                                       \
	X(REWRITTEN, "rewritten", "MSS of a TCP SYN changed, as its route asks")                   \
	X(SIGNED, "left_signed", "left alone: the segment carries a TCP MD5 or TCP-AO signature")  \
	X(MALFORMED, "left_malformed", "left alone: the TCP header or its options are malformed")  \
	X(WITHOUT, "left_without", "left alone: the SYN has no MSS option")

enum mtud_drop {
#define MTUD_DROP_ENUM(id, name, text) MTUD_DROP_##id,
	MTUD_DROPS(MTUD_DROP_ENUM)
#undef MTUD_DROP_ENUM
	MTUD_DROP_MAX
};

enum mtud_icmp_counter {
#define MTUD_ICMP_ENUM(id, name, text) MTUD_ICMP_##id,
	MTUD_ICMP_COUNTERS(MTUD_ICMP_ENUM)
#undef MTUD_ICMP_ENUM
	MTUD_ICMP_MAX
};

enum mtud_syn_counter {
#define MTUD_SYN_ENUM(id, name, text) MTUD_SYN_##id,
	MTUD_SYN_COUNTERS(MTUD_SYN_ENUM)
#undef MTUD_SYN_ENUM
	MTUD_SYN_MAX
};

#endif
