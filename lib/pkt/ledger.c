/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* The ledger of packets, which debug builds keep: a mempool handler of our own beneath pools
 * without caches, so that it sees whatever anybody takes and gives back, drivers too. An entry
 * stands behind each packet's data. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_debug.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ring.h>

#ifdef __SANITIZE_ADDRESS__
#define HAS_ASAN 1
#elif defined(__has_feature)
#define HAS_ASAN __has_feature(address_sanitizer)
#else
#define HAS_ASAN 0
#endif
#if HAS_ASAN
#include <sanitizer/asan_interface.h>
#endif

#include "ledger.h"

/* Octets at the start of the data that are looked after: headroom and headers. */
#define GUARDED 256
#define FREED   0xdb

static struct ledger_entry *
entry_of(const struct rte_mempool *mp, const void *packet)
{
	return RTE_PTR_ADD(packet, mp->elt_size - sizeof(struct ledger_entry));
}

static uint8_t *
data_of(struct rte_mempool *mp, void *packet)
{
	return RTE_PTR_ADD(packet, sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp));
}

static size_t
guarded(struct rte_mempool *mp)
{
	return RTE_MIN((size_t)rte_pktmbuf_data_room_size(mp), (size_t)GUARDED);
}

/* AddressSanitizer sees who reads or writes it meanwhile; whom it does not watch is found later. */
static void
close_data(struct rte_mempool *mp, void *packet)
{
#if HAS_ASAN
	/* Who had it may have closed a part of it. */
	ASAN_UNPOISON_MEMORY_REGION(data_of(mp, packet), rte_pktmbuf_data_room_size(mp));
#endif
	memset(data_of(mp, packet), FREED, guarded(mp));
	entry_of(mp, packet)->is_guarded = true;
#if HAS_ASAN
	ASAN_POISON_MEMORY_REGION(data_of(mp, packet), rte_pktmbuf_data_room_size(mp));
#endif
}

static bool
open_data(struct rte_mempool *mp, void *packet)
{
	const uint8_t *p = data_of(mp, packet);
	size_t len = guarded(mp);

#if HAS_ASAN
	ASAN_UNPOISON_MEMORY_REGION(p, rte_pktmbuf_data_room_size(mp));
#endif
	/* Each octet is as the one before it. */
	return !entry_of(mp, packet)->is_guarded || len == 0 ||
		(p[0] == FREED && memcmp(p, p + 1, len - 1) == 0);
}

static int
give_back(struct rte_mempool *mp, void *const *packets, unsigned int n)
{
	unsigned int i;
	uint8_t holder;

	for (i = 0; i < n; i++) {
		struct ledger_entry *e = entry_of(mp, packets[i]);

		holder = __atomic_exchange_n(&e->holder, 0, __ATOMIC_ACQ_REL);
		if (holder == 0)
			rte_panic("mtud: a packet of pool %s is freed twice\n", mp->name);
		close_data(mp, packets[i]);
		/* For who takes it next: a ring of several producers does not order what they write
		 * before it, as C has it. */
		__atomic_store_n(&e->holder, 0, __ATOMIC_RELEASE);
	}
	return rte_ring_mp_enqueue_bulk(mp->pool_data, packets, n, NULL) == 0 ? -ENOBUFS : 0;
}

static int
take(struct rte_mempool *mp, void **packets, unsigned int n)
{
	unsigned int i;

	if (rte_ring_mc_dequeue_bulk(mp->pool_data, packets, n, NULL) == 0)
		return -ENOBUFS;
	for (i = 0; i < n; i++) {
		struct ledger_entry *e = entry_of(mp, packets[i]);

		if (__atomic_load_n(&e->holder, __ATOMIC_ACQUIRE) != 0 || !open_data(mp, packets[i]))
			rte_panic("mtud: a packet of pool %s was written to when it was free\n",
				mp->name);
		__atomic_store_n(&e->holder, MTUD_PKT_TAKEN, __ATOMIC_RELEASE);
	}
	return 0;
}

static unsigned int
count(const struct rte_mempool *mp)
{
	return rte_ring_count(mp->pool_data);
}

static int
make_ring(struct rte_mempool *mp)
{
	char name[RTE_RING_NAMESIZE];

	if (snprintf(name, sizeof(name), "L_%s", mp->name) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	mp->pool_data = rte_ring_create(
		name, rte_align32pow2(mp->size + 1), mp->socket_id, 0);
	return mp->pool_data != NULL ? 0 : -rte_errno;
}

static void
free_ring(struct rte_mempool *mp)
{
	rte_ring_free(mp->pool_data);
}

/* A new packet is in nobody's pool yet, and its entry is what its memory was. */
static void
enter(struct rte_mempool *mp, void *arg, void *packet, unsigned int i)
{
	RTE_SET_USED(arg);
	RTE_SET_USED(i);
	*entry_of(mp, packet) = (struct ledger_entry){.holder = MTUD_PKT_TAKEN};
}

struct filling {
	rte_mempool_populate_obj_cb_t *cb;
	void *arg;
};

static void
fill_one(struct rte_mempool *mp, void *arg, void *packet, rte_iova_t iova)
{
	const struct filling *f = arg;

	enter(mp, NULL, packet, 0);
	f->cb(mp, f->arg, packet, iova);
}

static int
fill(struct rte_mempool *mp, unsigned int max, void *at, rte_iova_t iova, size_t len,
	rte_mempool_populate_obj_cb_t *cb, void *arg)
{
	struct filling f = {cb, arg};

	return rte_mempool_op_populate_default(mp, max, at, iova, len, fill_one, &f);
}

static const struct rte_mempool_ops ops = {
	.name = "mtud_ledger",
	.alloc = make_ring,
	.free = free_ring,
	.enqueue = give_back,
	.dequeue = take,
	.get_count = count,
	.populate = fill,
};

/* Handlers are known by their place in a table that each process fills for itself: behind those of
 * DPDK's drivers, whose places dpdk-dumpcap must find as it has them. */
static bool
is_registered(void)
{
	uint32_t i;

	for (i = 0; i < rte_mempool_ops_table.num_ops; i++)
		if (strcmp(rte_mempool_ops_table.ops[i].name, ops.name) == 0)
			return true;
	return rte_mempool_register_ops(&ops) >= 0;
}

const char *
ledger_handler(void)
{
	/* With hugepages other processes may attach, who do not have this one. */
	return !rte_eal_has_hugepages() && is_registered() ? ops.name : rte_mbuf_best_mempool_ops();
}

static bool
is_kept(const struct rte_mempool *mp)
{
	return rte_mempool_get_ops(mp->ops_index)->dequeue == take;
}

void
mtud_pkt_held_by(struct rte_mbuf *m, enum mtud_pkt_holder holder)
{
	for (; m != NULL; m = m->next)
		if (is_kept(m->pool))
			__atomic_store_n(
				&entry_of(m->pool, m)->holder, (uint8_t)holder, __ATOMIC_RELAXED);
}

static void
add(struct rte_mempool *mp, void *arg, void *packet, unsigned int i)
{
	struct mtud_pkt_ledger *ledger = arg;
	uint8_t holder = __atomic_load_n(&entry_of(mp, packet)->holder, __ATOMIC_RELAXED);

	RTE_SET_USED(i);
	ledger->held[holder] += holder != 0;
	ledger->n += holder != 0;
}

bool
mtud_pkt_ledger(struct rte_mempool *mp, struct mtud_pkt_ledger *ledger)
{
	memset(ledger, 0, sizeof(*ledger));
	if (!is_kept(mp))
		return false;
	rte_mempool_obj_iter(mp, add, ledger);
	return true;
}
