/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The mtud authors
 */

/* Fuzzer of the configuration loader: the input, but for its first octet, is a file. That octet
 * says what is configured before. A file that is refused changes nothing; what one that is taken
 * has made is saved, loaded and saved again, and is the same. */

#include "fuzz.h"

#define FILE_NAME "conf"
#define SAVED     "saved"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What may be there already. */
static void
prepare(uint8_t how)
{
	if ((how & 1) == 0)
		return;
	fuzz_do("add address 2001:db8:a::1/64 port 0");
	fuzz_do("add address 2001:db8:b::1/64 port 1");
	fuzz_do("add address 192.0.2.1/24 port 0");
	fuzz_do("add neighbor 2001:db8:b::2 lladdr 02:00:00:00:00:b2 port 1");
	fuzz_do("add route 2001:db8:1::/48 via 2001:db8:b::2 mtu 1280 mss clamp");
	fuzz_do("add route 198.51.100.0/24 via 192.0.2.2 df clear");
	fuzz_do("add route ::/0 via 2001:db8:a::2");
	fuzz_do("set icmp rate 100 burst 10");
}

static void
write_file(const uint8_t *data, size_t size)
{
	FILE *f = fopen(FILE_NAME, "w");

	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		BROKEN("%s is not written", FILE_NAME);
}

/* The console's text of a load: of files that are wrong a line for each of the first errors. */
static bool
take_file(const char *path)
{
	char line[64];
	struct out out;
	bool well;

	out_init(&out);
	snprintf(line, sizeof(line), "load %s", path);
	well = cmd_run(line, &out) == 0;
	if (!well)
		fuzz_check_sentence(out_error_text(&out), strlen(out_error_text(&out)));
	if (out.text != NULL)
		fuzz_check_text(out.text, out.len);
	if (out.quit || out.live != NULL)
		BROKEN("a file ends or goes on");
	out_free(&out);
	if (context.txn != NULL)
		BROKEN("a load leaves its change under way");
	return well;
}

static void
check_same(const char *before, const char *what)
{
	char *now = fuzz_conf_text();

	if (strcmp(now, before) != 0)
		BROKEN("%s: was\n%sis\n%s", what, before, now);
	free(now);
}

static void
check_again(void)
{
	char *made = fuzz_conf_text();

	fuzz_check_text(made, strlen(made));
	fuzz_do("save " SAVED);
	if (!take_file(SAVED))
		BROKEN("what was saved is not loaded in its own place:\n%s", made);
	check_same(made, "loaded in its own place");
	fuzz_do("flush");
	if (!take_file(SAVED))
		BROKEN("what was saved is not loaded:\n%s", made);
	check_same(made, "loaded into nothing");
	free(made);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	fuzz_begin();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *before;

	if (size == 0)
		return 0;
	fuzz_enter_folder();
	fuzz_reset();
	prepare(data[0]);
	before = fuzz_conf_text();
	write_file(data + 1, size - 1);
	if (take_file(FILE_NAME))
		check_again();
	else
		check_same(before, "refused");
	free(before);
	fuzz_leave_folder();
	return 0;
}
