/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pcap/pcap.h>
#include <rte_cycles.h>

#include "capture_priv.h"
#include "clock.h"
#include "out.h"
#include "test_eal.h"

/* Filters, blocks and files of captures; libpcap says what a file holds. The device net_null0 is
 * port 0. */

#define FILE_NAME "test_capture.tmp"

static struct app context;
static struct rte_mempool *pool;

struct app *
app_get(void)
{
	return &context;
}

static unsigned int watched;

void
app_watchdog_round(struct app *app)
{
	(void)app;
	watched++;
}

/* A frame as octets, and where a second segment begins. */
struct frame {
	uint8_t octets[1600];
	uint32_t len;
};

static struct frame frames[16];
static unsigned int n_frames;

static struct frame *
add_frame(uint16_t ether_type, const void *l3, uint32_t l3_len, uint32_t len)
{
	struct frame *f = &frames[n_frames++];
	unsigned int i;

	memcpy(f->octets, "\x02\0\0\0\x0a\x01\x02\0\0\0\x0a\x02", 12);
	f->octets[12] = ether_type >> 8;
	f->octets[13] = ether_type & 0xff;
	memcpy(f->octets + 14, l3, l3_len);
	for (i = 14 + l3_len; i < len; i++)
		f->octets[i] = (uint8_t)i;
	f->len = len;
	return f;
}

/* UDP 1000 to 53, TCP SYN to 80, ICMP, fragments, ARP, a VLAN tag, short ones. */
static void
make_frames(void)
{
	static const uint8_t udp4[] = "\x45\0\0\x64\0\1\0\0\x40\x11\0\0\xc0\0\2\2\xc6\x33\x64\2"
				      "\x03\xe8\0\x35\0\x50\0\0";
	static const uint8_t options4[] = "\x46\0\0\x68\0\1\0\0\x40\x11\0\0\xc0\0\2\2\xc6\x33\x64\2"
					  "\1\1\1\1\x03\xe8\0\x35\0\x50\0\0";
	static const uint8_t later4[] = "\x45\0\0\x64\0\1\0\x10\x40\x11\0\0\xc0\0\2\2\xc6\x33\x64\2"
					"\x03\xe8\0\x35\0\x50\0\0";
	static const uint8_t tcp4[] = "\x45\0\0\x28\0\1\x40\0\x40\6\0\0\xc0\0\2\2\xc6\x33\x64\2"
				      "\x9c\x40\0\x50\0\0\0\1\0\0\0\0\x50\2\x10\0\0\0\0\0";
	static const uint8_t udp6[] = "\x60\0\0\0\0\x3c\x11\x40\x20\1\x0d\xb8\0\x0a\0\0\0\0\0\0\0\0\0\2"
				      "\x20\1\x0d\xb8\0\x0b\0\0\0\0\0\0\0\0\0\2\x03\xe8\0\x35\0\x3c\0\0";
	static const uint8_t icmp6[] = "\x60\0\0\0\0\x3c\x3a\x40\x20\1\x0d\xb8\0\x0a\0\0\0\0\0\0\0\0\0\2"
				       "\x20\1\x0d\xb8\0\x0b\0\0\0\0\0\0\0\0\0\2\2\0\0\0\0\0\5\0";
	static const uint8_t arp[] = "\0\1\x08\0\6\4\0\1\2\0\0\0\x0a\2\xc0\0\2\2\0\0\0\0\0\0\xc0\0\2\1";

	add_frame(0x0800, udp4, sizeof(udp4) - 1, 114);
	add_frame(0x0800, options4, sizeof(options4) - 1, 118);
	add_frame(0x0800, later4, sizeof(later4) - 1, 114);
	add_frame(0x0800, tcp4, sizeof(tcp4) - 1, 54);
	add_frame(0x86dd, udp6, sizeof(udp6) - 1, 114);
	add_frame(0x86dd, icmp6, sizeof(icmp6) - 1, 114);
	add_frame(0x0806, arp, sizeof(arp) - 1, 42);
	add_frame(0x8100, "\0\5\x08\0\x45", 5, 100);
	add_frame(0x88cc, "", 0, 60);
	add_frame(0x0800, udp4, sizeof(udp4) - 1, 1514);
	add_frame(0x0800, udp4, 10, 24);
	add_frame(0x86dd, udp6, 30, 44);
	add_frame(0x0800, "", 0, 14);
}

static struct rte_mbuf *
mbuf_of(const struct frame *f, uint32_t first_len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *next;
	uint32_t len = RTE_MIN(first_len, f->len);

	assert_non_null(m);
	memcpy(rte_pktmbuf_append(m, len), f->octets, len);
	if (len < f->len) {
		next = rte_pktmbuf_alloc(pool);
		assert_non_null(next);
		memcpy(rte_pktmbuf_append(next, f->len - len), f->octets + len, f->len - len);
		assert_int_equal(rte_pktmbuf_chain(m, next), 0);
	}
	m->port = 0;
	return m;
}

/* The frames by name, as bits. */
#define UDP4     (1 << 0)
#define OPTIONS4 (1 << 1)
#define LATER4   (1 << 2)
#define TCP4     (1 << 3)
#define UDP6     (1 << 4)
#define ICMP6    (1 << 5)
#define ARP      (1 << 6)
#define VLAN     (1 << 7)
#define LLDP     (1 << 8)
#define LONG4    (1 << 9)
#define SHORT4   (1 << 10)
#define SHORT6   (1 << 11)
#define EMPTY4   (1 << 12)
#define ALL      ((1 << 13) - 1)

#define IPV4 (UDP4 | OPTIONS4 | LATER4 | TCP4 | LONG4 | SHORT4 | EMPTY4)
#define DNS4 (UDP4 | OPTIONS4 | LONG4)

static const struct {
	const char *text;
	unsigned int matches;
} filters[] = {
	{"ip", IPV4},
	{"ip6", UDP6 | ICMP6 | SHORT6},
	{"not (ip or ip6)", ARP | VLAN | LLDP},
	{"arp", ARP},
	{"vlan 5", VLAN},
	{"vlan 6", 0},
	{"ether proto 0x88cc", LLDP},
	{"ether src 02:00:00:00:0a:02", ALL},
	{"ether src 02:00:00:00:0a:01", 0},
	/* A later fragment has no ports. */
	{"udp port 53", DNS4 | UDP6},
	{"tcp port 80", TCP4},
	{"port 53 or port 80", DNS4 | UDP6 | TCP4},
	{"host 198.51.100.2 and greater 1000", LONG4},
	{"src host 2001:db8:a::2", UDP6 | ICMP6 | SHORT6},
	{"icmp6 and ip6[40] == 2", ICMP6},
	{"tcp[tcpflags] & tcp-syn != 0", TCP4},
	{"tcp[tcpflags] & tcp-ack != 0", 0},
	{"ip[6:2] & 0x1fff != 0", LATER4},
	{"udp[2:2] = 53 and ip[0] & 0xf > 5", OPTIONS4},
	{"less 24", SHORT4 | EMPTY4},
	/* Octet i of a frame's filling is i; in one of fewer there is none. */
	{"ether[1000] = 1000 & 0xff", LONG4},
	{"host 192.0.2.101 or host 192.0.2.102 or host 192.0.2.103 or host 192.0.2.104 or "
	 "host 2001:db8:a:0:0:0:0:5 or host 2001:db8:a:0:0:0:0:6 or host 2001:db8:a:0:0:0:0:7 or "
	 "host 2001:db8:a:0:0:0:0:8 or host 2001:db8:a:0:0:0:0:9 or host 2001:db8:a:0:0:0:0:a or "
	 "(udp and (port 1001 or port 1002 or port 1003 or port 1004 or portrange 2000-2999)) or "
	 "(tcp and (port 1001 or port 1002 or port 1003 or port 1004 or portrange 2000-2999)) or "
	 "(icmp6 and ip6[40] == 2) or arp or (tcp[tcpflags] & (tcp-syn|tcp-fin) != 0)",
		ICMP6 | ARP | TCP4},
};

static void
check_filter(const char *text, unsigned int matches)
{
	static const uint32_t cuts[] = {2000, 14, 16, 37};
	struct filter *filter;
	unsigned int i, j;
	struct out out;

	out_init(&out);
	filter = filter_compile(text, &out);
	if (filter == NULL)
		fail_msg("%s", out_error_text(&out));
	for (i = 0; i < n_frames; i++) {
		bool want = (matches & 1u << i) != 0;

		for (j = 0; j < RTE_DIM(cuts); j++) {
			struct rte_mbuf *m = mbuf_of(&frames[i], cuts[j]);

			if (filter_matches(filter, m) != want)
				fail_msg("\"%s\": frame %u cut at %u: should be %d", text, i,
					cuts[j], want);
			rte_pktmbuf_free(m);
		}
	}
	filter_free(filter);
	out_free(&out);
}

static void
filters_match(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(filters); i++)
		check_filter(filters[i].text, filters[i].matches);
	assert_in_range(strlen(filters[i - 1].text), 500, 1000);
}

/* Files */

static struct capture *
begin(uint32_t snaplen, uint64_t count)
{
	struct capture *c = calloc(1, sizeof(*c));

	assert_non_null(c);
	c->n_ports = 1;
	c->snaplen = snaplen;
	c->count = count;
	c->ring = rte_ring_create("capture", 1024, SOCKET_ID_ANY, 0);
	c->pool = rte_pktmbuf_pool_create("blocks", 1023, 0, 0, capture_block_room(snaplen),
		SOCKET_ID_ANY);
	assert_true(c->ring != NULL && c->pool != NULL);
	c->fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_true(c->fd >= 0);
	return c;
}

static void
put(struct capture *c, const struct frame *f, const char *comment)
{
	struct rte_mbuf *m = mbuf_of(f, 700);
	struct rte_mbuf *block;

	block = capture_block_make(c, 0, 0, m, RTE_PCAPNG_DIRECTION_IN, comment);
	rte_pktmbuf_free(m);
	assert_non_null(block);
	assert_int_equal(capture_block_octets(block), f->len);
	assert_int_equal(rte_ring_enqueue(c->ring, block), 0);
}

static void
end(struct capture *c)
{
	struct rte_mbuf *m;

	while (rte_ring_dequeue(c->ring, (void **)&m) == 0)
		rte_pktmbuf_free(m);
	assert_int_equal(rte_mempool_in_use_count(c->pool), 0);
	rte_ring_free(c->ring);
	rte_mempool_free(c->pool);
	free(c);
	unlink(FILE_NAME);
}

/* What libpcap reads of the file: frame i is that of first + i, each cut to snaplen. */
static unsigned int
read_back(const struct frame *first, uint32_t snaplen)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	pcap_t *pcap = pcap_open_offline(FILE_NAME, error);
	struct pcap_pkthdr *head;
	const u_char *data;
	unsigned int n = 0;
	int ret;

	if (pcap == NULL)
		fail_msg("%s", error);
	while ((ret = pcap_next_ex(pcap, &head, &data)) == 1) {
		assert_int_equal(head->len, first[n].len);
		assert_int_equal(head->caplen, RTE_MIN(first[n].len, snaplen));
		assert_memory_equal(data, first[n].octets, head->caplen);
		n++;
	}
	if (ret != PCAP_ERROR_BREAK)
		fail_msg("%s", pcap_geterr(pcap));
	pcap_close(pcap);
	return n;
}

/* Every length up to what a capture takes, cut or not, with a comment or without. */
static void
blocks_of_all_lengths(void **state)
{
	static struct frame all[512];
	static const uint32_t snaplens[] = {14, 61, 64, 400, 512};
	static const char *const comments[] = {NULL, "", "x", "four", "a comment of 23 octets."};
	unsigned int i, k;

	(void)state;
	for (i = 0; i < RTE_DIM(all); i++) {
		all[i] = frames[9];
		all[i].len = i + 1;
	}
	for (k = 0; k < RTE_DIM(snaplens); k++) {
		struct capture *c = begin(snaplens[k], 0);

		for (i = 0; i < RTE_DIM(all); i++)
			put(c, &all[i], comments[(i + k) % RTE_DIM(comments)]);
		assert_int_equal(capture_writer_start(c), 0);
		capture_writer_stop(c);
		assert_int_equal(c->error, 0);
		assert_int_equal(c->packets, RTE_DIM(all));
		assert_int_equal(c->octets, RTE_DIM(all) * (RTE_DIM(all) + 1) / 2);
		assert_int_equal(read_back(all, snaplens[k]), RTE_DIM(all));
		end(c);
	}
}

static void
longest_comment_fits(void **state)
{
	char comment[CAPTURE_COMMENT_SIZE];
	struct capture *c = begin(1514, 0);
	unsigned int i, n;

	(void)state;
	memset(comment, 'c', sizeof(comment) - 1);
	comment[sizeof(comment) - 1] = '\0';
	put(c, &frames[9], comment);
	assert_int_equal(capture_writer_start(c), 0);
	capture_writer_stop(c);
	assert_int_equal(read_back(&frames[9], 1514), 1);
	end(c);
	for (i = 0; i < MTUD_DROP_MAX; i++) {
		n = strlen(mtud_drop_name(i)) + strlen(": ") + strlen(mtud_drop_text(i));
		assert_in_range(n, 1, CAPTURE_COMMENT_SIZE - 1);
	}
}

static void
writer_stops_at_its_count(void **state)
{
	struct capture *c = begin(1514, 5);
	unsigned int i;

	(void)state;
	for (i = 0; i < n_frames; i++)
		put(c, &frames[i], NULL);
	assert_int_equal(capture_writer_start(c), 0);
	capture_writer_stop(c);
	assert_int_equal(c->packets, 5);
	assert_int_equal(c->missed, 0);
	assert_true(c->ended);
	assert_int_equal(read_back(frames, 1514), 5);
	end(c);
}

/* A disk without room takes part of a block: the file ends with the last whole one. */
static void
full_disk_leaves_whole_packets(void **state)
{
	struct capture *c = begin(1514, 0);
	struct rlimit before, limit;
	unsigned int i;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){.rlim_cur = 1000, .rlim_max = before.rlim_max};
	for (i = 0; i < n_frames; i++)
		put(c, &frames[i], "a comment");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_int_equal(capture_writer_start(c), 0);
	capture_writer_stop(c);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(c->error, ENOSPC);
	assert_in_range(c->packets, 1, n_frames - 1);
	assert_int_equal(c->packets + c->missed, n_frames);
	assert_int_equal(read_back(frames, 1514), c->packets);
	end(c);
}

/* A pipe whose reader has gone to sleep, and one whose reader is no more. */
static void
pipes_keep_nobody_waiting(void **state)
{
	int error[2] = {ETIMEDOUT, EPIPE};
	unsigned int i, k;
	int ends[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	for (k = 0; k < RTE_DIM(error); k++) {
		struct capture *c = begin(1514, 0);

		close(c->fd);
		assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
		c->fd = ends[1];
		c->is_pipe = true;
		for (i = 0; i < 100; i++)
			put(c, &frames[9], NULL);
		assert_int_equal(capture_writer_start(c), 0);
		if (error[k] == EPIPE)
			close(ends[0]);
		capture_writer_stop(c);
		assert_int_equal(c->error, error[k]);
		assert_in_range(c->packets, 0, 99);
		assert_true(c->packets + c->missed <= 100);
		if (error[k] != EPIPE)
			close(ends[0]);
		end(c);
	}
}

static void *
read_slowly(void *arg)
{
	char page[4096];

	while (read(*(int *)arg, page, sizeof(page)) > 0)
		usleep(100000);
	return NULL;
}

/* One that reads on, but slowly: the rest is missed, and who waits is known to. */
static void
slow_pipes_keep_nobody_waiting(void **state)
{
	struct capture *c = begin(1514, 0);
	pthread_t reader;
	uint64_t start_ms;
	unsigned int i;
	int ends[2];

	(void)state;
	close(c->fd);
	assert_int_equal(pipe(ends), 0);
	c->fd = ends[1];
	c->is_pipe = true;
	for (i = 0; i < 200; i++)
		put(c, &frames[9], NULL);
	assert_int_equal(capture_writer_start(c), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_slowly, &ends[0]), 0);
	start_ms = clock_now_ms();
	watched = 0;
	capture_writer_stop(c);
	assert_in_range(clock_now_ms() - start_ms, 400, 1500);
	assert_in_range(watched, 10, 2000);
	assert_int_equal(c->error, ETIMEDOUT);
	assert_in_range(c->packets, 40, 150);
	pthread_join(reader, NULL);
	close(ends[0]);
	end(c);
}

static void
blocks_get_the_time_of_day(void **state)
{
	struct capture *c = begin(1514, 0);
	uint64_t hz = rte_get_tsc_hz();
	const struct {
		uint64_t tsc, ns;
	} rows[] = {
		{7 * hz, UINT64_C(1700000000123456789)},
		{7 * hz + hz / 4, UINT64_C(1700000000373456789)},
		{7 * hz - hz / 2, UINT64_C(1699999999623456789)},
		{1007 * hz, UINT64_C(1700001000123456789)},
		{0, UINT64_C(1699999993123456789)},
	};
	const struct capture_clock clock = {rows[0].tsc, rows[0].ns};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *m = mbuf_of(&frames[0], 700);
		struct rte_mbuf *b = capture_block_make(c, 0, 0, m, RTE_PCAPNG_DIRECTION_IN, NULL);
		uint32_t *word = rte_pktmbuf_mtod(b, uint32_t *);
		uint64_t ns;

		word[3] = rows[i].tsc >> 32;
		word[4] = (uint32_t)rows[i].tsc;
		capture_block_stamp(b, &clock);
		ns = (uint64_t)word[3] << 32 | word[4];
		/* The clock may have no whole number of cycles in a part of a second. */
		assert_in_range(ns, rows[i].ns - 1, rows[i].ns + 1);
		rte_pktmbuf_free(m);
		rte_pktmbuf_free(b);
	}
	close(c->fd);
	end(c);
}

static int
setup_capture(void **state)
{
	(void)state;
	if (test_eal_init(64, "--vdev=net_null0") < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("packets", 63, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		SOCKET_ID_ANY);
	make_frames();
	return pool != NULL ? 0 : -1;
}

static int
teardown_capture(void **state)
{
	(void)state;
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	return rte_eal_cleanup();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_match),
		cmocka_unit_test(blocks_of_all_lengths),
		cmocka_unit_test(longest_comment_fits),
		cmocka_unit_test(writer_stops_at_its_count),
		cmocka_unit_test(full_disk_leaves_whole_packets),
		cmocka_unit_test(pipes_keep_nobody_waiting),
		cmocka_unit_test(slow_pipes_keep_nobody_waiting),
		cmocka_unit_test(blocks_get_the_time_of_day),
	};

	return cmocka_run_group_tests(tests, setup_capture, teardown_capture);
}
