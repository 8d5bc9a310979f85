/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <stdio.h>
#include <time.h>

#include "app.h"
#include "route_to.h"
#include "trace.h"

/* A record on its way into words. */
struct words {
	const struct mtud_trace_record *r;
	struct out *out;
	bool has_route;
	struct mtud_route_info info; /* of the route that the destination takes now */
	struct mtud_ip dst;
	char way[ROUTE_TO_STRLEN];
};

static void line(const struct words *t, const char *stage, const char *fmt, ...)
	__rte_format_printf(3, 4);

static void
line(const struct words *t, const char *stage, const char *fmt, ...)
{
	va_list ap;

	out_printf(t->out, "   %-8s ", stage);
	va_start(ap, fmt);
	out_vprintf(t->out, fmt, ap);
	va_end(ap);
	out_printf(t->out, "\n");
}

static void
say_title(const struct words *t, const struct trace_title *title)
{
	const struct mtud_trace_record *r = t->r;
	time_t seconds = (time_t)(title->time_us / 1000000);
	char src[RTE_ETHER_ADDR_FMT_SIZE], dst[RTE_ETHER_ADDR_FMT_SIZE], clock[16];
	struct rte_ether_hdr eth;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	out_printf(t->out, "#%u %s%s.%06u ", title->number, r->again ? "again, " : "", clock,
		(unsigned int)(title->time_us % 1000000));
	if (r->again) {
		out_printf(t->out, "worker %u (lcore %u): back from the control thread\n",
			title->worker, title->lcore);
		return;
	}
	out_printf(t->out, "port %u, worker %u (lcore %u): %u octets", r->port, title->worker,
		title->lcore, r->len);
	if (r->head_len >= sizeof(eth)) {
		memcpy(&eth, r->head, sizeof(eth));
		out_printf(t->out, ", %s > %s", trace_mac(&eth.src_addr, src),
			trace_mac(&eth.dst_addr, dst));
	}
	out_printf(t->out, "\n");
}

static void
say_parse(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;
	char packet[TRACE_PACKET_STRLEN];

	trace_packet(r->head, r->head_len, packet);
	if (r->again)
		line(t, "waited", "%s%s", r->own ? "what was made of it: " : "", packet);
	else
		line(t, "parse", "%s%s", packet,
			r->flags & MTUD_FLAG_L2_MULTICAST ? ", in a frame to many" : "");
}

/* Has the route become another one since the packet took it? */
static bool
is_changed(const struct words *t)
{
	union mtud_slot then = t->r->route;

	/* It leads nowhere for a group, whatever else it is. */
	if (mtud_ip_is_multicast(&t->dst) && !(then.flags & MTUD_ROUTE_F_MULTICAST))
		return t->has_route;
	if (!t->has_route)
		return then.type != MTUD_ROUTE_NONE;
	return t->info.slot != t->r->slot || t->info.spec.type != then.type ||
	       (mtud_route_sends(then.type) &&
		       (t->info.mtu != then.mtu || t->info.spec.port != then.port));
}

static void
say_route(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;
	char text[MTUD_IP_STRLEN];

	if (r->flags & MTUD_FLAG_DECIDED)
		line(t, "route", "none is asked: %s is ours on this link",
			mtud_ip_format(&t->dst, text));
	else if (!is_changed(t))
		line(t, "route", "%s", t->way);
	else if (mtud_route_sends(r->route.type))
		line(t, "route", "one by port %u, MTU %u, which has changed since; now %s",
			r->route.port, r->route.mtu, t->way);
	else
		line(t, "route", "one of type %s, which has changed since; now %s",
			mtud_route_type_name(r->route.type), t->way);
}

static bool
is_df(const struct mtud_trace_record *r)
{
	return r->family == MTUD_IPV4 && (r->head[MTUD_L3_AT + 6] & 0x40) != 0;
}

/* What the size stage found, where the packet got as far as to be measured. */
static void
say_size(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;
	uint16_t mtu = r->route.mtu;

	if (!mtud_route_sends(r->route.type))
		return;
	if (r->verdict == MTUD_ANSWER && r->drop == MTUD_DROP_TOO_BIG)
		line(t, "size", "%u is more than MTU %u: %s", r->ip_len, mtu,
			r->family == MTUD_IPV6 ? "Packet Too Big" :
			is_df(r)               ? "Fragmentation Needed, for DF is set" :
						 "Fragmentation Needed, for MTU is too small to cut");
	else if (r->verdict == MTUD_FRAGMENT)
		line(t, "size", "%u is more than MTU %u: cut into fragments%s", r->ip_len, mtu,
			is_df(r) ? ", in spite of DF (df clear)" : "");
	else if (r->drop == MTUD_DROP_FRAG_TOO_MANY)
		line(t, "size", "%u is more than MTU %u, by far", r->ip_len, mtu);
	else if (r->verdict == MTUD_PASS || r->verdict == MTUD_RESOLVE)
		line(t, "size", r->ip_len <= mtu ? "%u fits MTU %u" :
				r->verdict == MTUD_PASS ?
				"%u is more than MTU %u: sent on whole all the same (df pass)" :
				"%u is more than MTU %u: to be seen to when it goes",
			r->ip_len, mtu);
}

static void
say_mss(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;

	if (r->syn == MTUD_SYN_REWRITTEN && r->n_frames > 0)
		line(t, "mss", "%u becomes %u, as the route asks",
			trace_mss(r->head, r->head_len),
			trace_mss(r->frame[0].head, r->frame[0].head_len));
	else if (r->syn != MTUD_SYN_MAX)
		line(t, "mss", "%s", mtud_syn_counter_text(r->syn));
}

/* The answer's frame, which stands behind none but its own. */
static const struct mtud_trace_frame *
answer_of(const struct mtud_trace_record *r)
{
	return r->n_frames > 0 && r->frame[0].own ? &r->frame[0] : NULL;
}

static void
say_answer(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;
	const struct mtud_trace_frame *f = answer_of(r);
	char packet[TRACE_PACKET_STRLEN];

	if (r->icmp == MTUD_ICMP_NONE)
		return;
	if (r->icmp > MTUD_ICMP_ECHO) {
		line(t, "answer", "none, %s: %s", mtud_icmp_counter_name(r->icmp),
			mtud_icmp_counter_text(r->icmp));
		return;
	}
	if (f != NULL) {
		trace_packet(f->head, f->head_len, packet);
		line(t, "answer", "%s", packet);
	}
	if (r->own_punted)
		line(t, "answer", "%s: waits until its own next hop is known",
			mtud_icmp_counter_name(r->icmp));
	if (r->own_drop != MTUD_DROP_NONE)
		line(t, "answer", "%s: dropped, %s: %s", mtud_icmp_counter_name(r->icmp),
			mtud_drop_name(r->own_drop), mtud_drop_text(r->own_drop));
}

static void
say_frame(const struct words *t, const struct mtud_trace_frame *f)
{
	char src[RTE_ETHER_ADDR_FMT_SIZE], dst[RTE_ETHER_ADDR_FMT_SIZE];
	struct rte_ether_hdr eth;

	if (f->head_len < sizeof(eth))
		return;
	memcpy(&eth, f->head, sizeof(eth));
	line(t, "egress", "port %u: %u octets, %s > %s", f->port, f->len,
		trace_mac(&eth.src_addr, src), trace_mac(&eth.dst_addr, dst));
}

static void
say_egress(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;
	const struct mtud_trace_frame *last;
	uint32_t n = r->n_frames;

	/* More fragments than a batch holds have gone to the driver before the frames are looked at. */
	if (r->verdict == MTUD_FRAGMENT)
		n = RTE_MAX(n, r->fragments);
	if (r->n_frames == 0)
		return;
	say_frame(t, &r->frame[0]);
	if (n > 2)
		line(t, "", "... %u more, %u octets at most", n - RTE_MIN(r->n_frames, 2u),
			r->frame[0].len);
	if (r->n_frames == 1)
		return;
	last = &r->frame[RTE_MIN(r->n_frames, (uint32_t)MTUD_TRACE_FRAMES) - 1];
	say_frame(t, last);
}

/* Who is asked for while a packet waits. */
static const char *
next_hop(const struct words *t, char text[MTUD_IP_STRLEN])
{
	bool by_gateway = t->has_route && t->info.spec.type == MTUD_ROUTE_FORWARD;

	return mtud_ip_format(by_gateway ? &t->info.spec.gw : &t->dst, text);
}

static void
say_dropped(const struct words *t, enum mtud_drop reason)
{
	line(t, "end", "dropped, %s: %s", mtud_drop_name(reason), mtud_drop_text(reason));
}

/* What became of a packet that was made here. */
static void
say_own_end(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;

	if (r->own_drop != MTUD_DROP_NONE)
		say_dropped(t, r->own_drop);
	else if (r->own_punted)
		line(t, "end", "waits again");
	else
		line(t, "end", "sent");
}

static void
say_punted(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;
	char text[MTUD_IP_STRLEN];

	if (r->sound && r->verdict == MTUD_RESOLVE)
		line(t, "end", "waits until %s on port %u has answered %s", next_hop(t, text),
			r->route.port, r->family == MTUD_IPV4 ? "ARP" : "a Neighbor Solicitation");
	else
		line(t, "end", "handed to the control thread: %s",
			r->sound ? "Neighbor Discovery or MLD" : "ARP");
}

static void
say_fragmented(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;

	if (r->n_own_drop == 0)
		line(t, "end", "forwarded in %u fragments", r->fragments);
	else
		line(t, "end", "forwarded in %u fragments, %u of them dropped, %s: %s",
			r->fragments, r->n_own_drop, mtud_drop_name(r->own_drop),
			mtud_drop_text(r->own_drop));
}

static void
say_end(const struct words *t)
{
	const struct mtud_trace_record *r = t->r;

	if (r->own)
		say_own_end(t);
	else if (r->drop != MTUD_DROP_NONE)
		say_dropped(t, r->drop);
	else if (r->consumed)
		line(t, "end", "for us, and done");
	else if (r->punted)
		say_punted(t);
	else if (r->verdict == MTUD_FRAGMENT)
		say_fragmented(t);
	else if (r->n_frames > 0)
		line(t, "end", "forwarded");
	else
		line(t, "end", "not counted: an error of mtud's, please report it");
}

static void
look_up(struct words *t)
{
	const uint8_t *ip = t->r->head + MTUD_L3_AT;
	uint32_t dst4;

	if (t->r->family == MTUD_IPV4) {
		memcpy(&dst4, ip + offsetof(struct rte_ipv4_hdr, dst_addr), sizeof(dst4));
		t->dst = mtud_ip_from_v4(dst4);
	} else {
		memcpy(t->dst.b, ip + offsetof(struct rte_ipv6_hdr, dst_addr), MTUD_IP_LEN);
	}
	t->has_route = route_to_way(&t->dst, &t->info, t->way);
}

void
trace_print(const struct mtud_trace_record *r, const struct trace_title *title, struct out *out)
{
	struct words t = {.r = r, .out = out};

	say_title(&t, title);
	say_parse(&t);
	if (r->again)
		line(&t, "resolved", "%s", r->failed ? "no: its next hop did not answer" :
						       "yes: it goes its way");
	if (r->sound) {
		look_up(&t);
		say_route(&t);
		say_size(&t);
		say_mss(&t);
	}
	say_answer(&t);
	say_egress(&t);
	say_end(&t);
}
