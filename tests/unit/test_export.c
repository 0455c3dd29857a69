// SPDX-License-Identifier: GPL-2.0-only
/*
 * Exports of stories: CSV, JSON lines and pcapng; files that appear whole or
 * not at all.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export.h"
#include "sample.h"

static void run(const char *format, const struct skald_story *stories, size_t n,
		struct skald_buffer *buffer)
{
	struct skald_output output = skald_output_buffer(buffer);
	struct skald_export *export;
	size_t i;

	cr_assert_eq(skald_export_new(skald_export_find(format), &output,
				      &export),
		     0);
	for (i = 0; i < n; i++)
		cr_assert_eq(skald_export_add(export, &stories[i]), 0);
	cr_assert_eq(skald_export_end(export), 0);
	skald_export_free(export);
	skald_buffer_put_u8(buffer, '\0');
}

/* One cell of a CSV line as RFC 4180 says; moves @at behind it. */
static void cell(const char **at, char *text, size_t size)
{
	const char *p = *at;
	bool quoted = *p == '"';
	size_t n = 0;

	p += quoted;
	while (*p && (quoted || (*p != ',' && *p != '\r'))) {
		if (quoted && *p == '"') {
			if (p[1] != '"')
				break;
			p++;
		}
		cr_assert(n + 1 < size);
		text[n++] = *p++;
	}
	text[n] = '\0';
	p += quoted && *p == '"';
	p += *p == ',';
	*at = p;
}

/* Value of a named column of the @line-th line behind the header. */
static void csv_value(const char *csv, const char *name, int line, char *text)
{
	const char *head = csv, *row = csv;
	char column[64];

	while (line-- >= 0) {
		row = strstr(row, "\r\n");
		cr_assert(row);
		row += 2;
	}
	while (*head != '\r') {
		cell(&head, column, sizeof(column));
		cell(&row, text, 512);
		if (!strcmp(column, name))
			return;
	}
	cr_assert_fail("no column %s", name);
}

static void check_csv(const char *csv, const char *name, const char *expected)
{
	char text[512];

	csv_value(csv, name, 0, text);
	cr_assert_str_eq(text, expected, "%s is %s, not %s", name, text,
			 expected);
}

Test(export, csv_names_and_quotes_its_columns)
{
	struct skald_event events[SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story story;
	const char *csv;

	sample_dropped(&story, events);
	run("csv", &story, 1, &buffer);
	csv = (const char *)buffer.data;
	cr_assert(!strncmp(csv, "id,source,host,netns,start_ns,end_ns,", 37));
	check_csv(csv, "id", "17");
	check_csv(csv, "netns", "router");
	check_csv(csv, "start_ns", "1700000000123456789");
	check_csv(csv, "iif", "eth0");
	check_csv(csv, "oif", "");
	check_csv(csv, "complete", "true");
	check_csv(csv, "ending_kind", "dropped");
	check_csv(csv, "ending_hook", "forward");
	check_csv(csv, "ending_handle", "17");
	check_csv(csv, "ending_text",
		  "tcp dport 8080 counter drop comment \"no, thanks\"");
	check_csv(csv, "packet_saddr", "10.1.0.2");
	check_csv(csv, "packet_dport", "8080");
	check_csv(csv, "final_ttl", "64");
	skald_buffer_done(&buffer);
}

Test(export, csv_lines_have_as_many_cells_as_the_header)
{
	struct skald_event events[2][SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story stories[2];
	unsigned int cells[3] = { 0 }, line = 0;
	bool quoted = false;
	const char *p;

	sample_dropped(&stories[0], events[0]);
	stories[0].ending.text = "a \"quote\",\r\nand a line";
	sample_sent(&stories[1], events[1]);
	run("csv", stories, 2, &buffer);
	for (p = (const char *)buffer.data; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (!quoted && *p == ',')
			cells[line]++;
		if (!quoted && *p == '\n')
			line++;
	}
	cr_assert_eq(line, 3);
	cr_assert(cells[0] > 50);
	cr_assert_eq(cells[1], cells[0]);
	cr_assert_eq(cells[2], cells[0]);
	skald_buffer_done(&buffer);
}

Test(export, json_is_one_story_a_line)
{
	struct skald_event events[2][SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story stories[2];
	json_t *json;
	char *end;

	sample_dropped(&stories[0], events[0]);
	sample_sent(&stories[1], events[1]);
	stories[1].id = 18;
	run("json", stories, 2, &buffer);
	end = strchr((char *)buffer.data, '\n');
	cr_assert(end);
	json = json_loads(end + 1, 0, NULL);
	cr_assert(json, "second line is no JSON: %s", end + 1);
	cr_assert_eq(json_integer_value(json_object_get(json, "id")), 18);
	cr_assert_eq(json_array_size(json_object_get(json, "events")),
		     stories[1].n_events);
	json_decref(json);
	skald_buffer_done(&buffer);
}

static unsigned int count_frames(struct skald_buffer *buffer, int *linktype)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *data;
	unsigned int n = 0;
	pcap_t *pcap;

	/* without the terminating zero */
	pcap = pcap_fopen_offline(fmemopen(buffer->data, buffer->len - 1, "r"),
				  error);
	cr_assert(pcap, "%s", error);
	*linktype = pcap_datalink(pcap);
	while (pcap_next_ex(pcap, &header, &data) == 1)
		n++;
	pcap_close(pcap);
	return n;
}

Test(export, pcapng_of_an_unchanged_drop_is_one_frame)
{
	struct skald_event events[SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story story;
	int linktype;

	sample_dropped(&story, events);
	run("pcapng", &story, 1, &buffer);
	cr_assert_eq(count_frames(&buffer, &linktype), 1);
	cr_assert_eq(linktype, DLT_EN10MB);
	cr_assert(memmem(buffer.data, buffer.len, "DROPPED in inet filter", 22),
		  "the comment has the answer");
	cr_assert(memmem(buffer.data, buffer.len,
			 "eth0 in namespace router on testhost", 36));
	skald_buffer_done(&buffer);
}

/* Blocks of a type. */
static unsigned int count_blocks(const struct skald_buffer *buffer,
				 uint32_t wanted)
{
	unsigned int n = 0;
	uint32_t type, len;
	size_t at = 0;

	while (at + 12 <= buffer->len) {
		memcpy(&type, buffer->data + at, 4);
		memcpy(&len, buffer->data + at + 4, 4);
		cr_assert(len >= 12);
		n += type == wanted;
		at += len;
	}
	return n;
}

Test(export, pcapng_of_a_routed_packet_is_two_frames_on_two_interfaces)
{
	struct skald_event events[2][SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story stories[2];
	int linktype;

	sample_sent(&stories[0], events[0]);
	sample_sent(&stories[1], events[1]);
	run("pcapng", stories, 2, &buffer);
	cr_assert_eq(count_blocks(&buffer, 6), 4);
	cr_assert_eq(count_frames(&buffer, &linktype), 4,
		     "libpcap reads those without link-layer header, too");
	cr_assert_eq(linktype, DLT_EN10MB);
	cr_assert_eq(count_blocks(&buffer, 1), 2,
		     "the second story needs no new interface");
	skald_buffer_done(&buffer);
}

Test(export, pcapng_does_not_say_that_a_dropped_packet_left)
{
	struct skald_event events[SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story story;

	sample_dropped(&story, events);
	story.oif = "eth1"; /* where it would have gone */
	story.last.nh[8] = 63;
	run("pcapng", &story, 1, &buffer);
	cr_assert_eq(count_blocks(&buffer, 6), 2, "it changed: two frames");
	cr_assert_eq(count_blocks(&buffer, 1), 1, "on one interface");
	cr_assert_null(memmem(buffer.data, buffer.len, "eth1 in", 7));
	skald_buffer_done(&buffer);
}

Test(export, same_name_in_two_namespaces_is_two_interfaces)
{
	struct skald_event events[2][SAMPLE_EVENTS] = { 0 };
	struct skald_buffer buffer = { 0 };
	struct skald_story stories[2];

	sample_dropped(&stories[0], events[0]);
	sample_dropped(&stories[1], events[1]);
	stories[1].netns = "other";
	run("pcapng", stories, 2, &buffer);
	cr_assert_eq(count_blocks(&buffer, 1), 2);
	skald_buffer_done(&buffer);
}

/* Takes so many writes, then the disk is full. */
static int full_after(void *user, const void *data, size_t len)
{
	unsigned int *left = user;

	if (!*left)
		return -ENOSPC;
	--*left;
	return 0;
}

Test(export, full_disk_is_told_at_every_write)
{
	unsigned int i, format, left;
	struct skald_event events[SAMPLE_EVENTS] = { 0 };
	struct skald_story story;

	sample_sent(&story, events);
	for (format = 0; skald_export_format(format); format++) {
		for (i = 0;; i++) {
			struct skald_output output = { full_after, &left };
			struct skald_export *export;
			int ret;

			left = i;
			ret = skald_export_new(skald_export_format(format),
					       &output, &export);
			if (!ret) {
				ret = skald_export_add(export, &story);
				skald_export_free(export);
			}
			if (!ret)
				break;
			cr_assert_eq(ret, -ENOSPC, "%s, write %u",
				     skald_export_format(format)->name, i);
		}
		cr_assert(i, "something was written");
	}
}

Test(export, unknown_format_is_not_found)
{
	cr_assert_null(skald_export_find("xls"));
	cr_assert_null(skald_export_find(""));
}

static void make_directory(char *directory)
{
	strcpy(directory, "/tmp/skald-test-XXXXXX");
	cr_assert(mkdtemp(directory));
}

static unsigned int count_files(const char *directory)
{
	DIR *dir = opendir(directory);
	unsigned int n = 0;
	struct dirent *entry;

	cr_assert(dir);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static void check_file(const char *path, const char *expected)
{
	char text[64] = "";
	FILE *file = fopen(path, "r");

	cr_assert(file, "%s is not there", path);
	cr_assert(fgets(text, sizeof(text), file));
	fclose(file);
	cr_assert_str_eq(text, expected);
}

Test(output, file_appears_when_it_is_whole)
{
	char directory[64], path[128];
	struct skald_output_file *file;
	struct skald_error error;

	make_directory(directory);
	snprintf(path, sizeof(path), "%s/out", directory);
	cr_assert_eq(skald_output_open(path, &file, &error), 0);
	skald_output_text(skald_output_of(file), "new");
	cr_assert_neq(access(path, F_OK), 0, "not there before commit");
	cr_assert_eq(skald_output_commit(file, &error), 0);
	check_file(path, "new");
	cr_assert_eq(count_files(directory), 1);
	unlink(path);
	rmdir(directory);
}

Test(output, aborted_file_leaves_the_old_one)
{
	char directory[64], path[128];
	struct skald_output_file *file;
	struct skald_error error;
	FILE *old;

	make_directory(directory);
	snprintf(path, sizeof(path), "%s/out", directory);
	old = fopen(path, "w");
	fputs("old", old);
	fclose(old);
	chmod(path, 0640);
	cr_assert_eq(skald_output_open(path, &file, &error), 0);
	skald_output_text(skald_output_of(file), "new");
	skald_output_abort(file);
	check_file(path, "old");
	cr_assert_eq(count_files(directory), 1);
	unlink(path);
	rmdir(directory);
}

Test(output, full_device_is_told_at_commit)
{
	struct skald_output_file *file;
	struct skald_error error;

	cr_assert_eq(skald_output_open("/dev/full", &file, &error), 0);
	cr_assert_eq(skald_output_text(skald_output_of(file), "text"), 0);
	cr_assert_eq(skald_output_commit(file, &error), -ENOSPC);
	cr_assert(strstr(error.text, "No space left"));
}

Test(output, missing_directory_is_named)
{
	struct skald_output_file *file;
	struct skald_error error;

	cr_assert_eq(skald_output_open("/nonexistent/x", &file, &error),
		     -ENOENT);
	cr_assert(strstr(error.text, "/nonexistent/x"));
}

Test(output, more_than_the_buffer_comes_through)
{
	char directory[64], path[128];
	struct skald_output_file *file;
	struct skald_error error;
	static char chunk[100000];
	struct stat st;

	memset(chunk, 'x', sizeof(chunk));
	make_directory(directory);
	snprintf(path, sizeof(path), "%s/out", directory);
	cr_assert_eq(skald_output_open(path, &file, &error), 0);
	skald_output_write(skald_output_of(file), chunk, 60000);
	skald_output_write(skald_output_of(file), chunk, 60000);
	skald_output_write(skald_output_of(file), chunk, sizeof(chunk));
	cr_assert_eq(skald_output_commit(file, &error), 0);
	cr_assert_eq(stat(path, &st), 0);
	cr_assert_eq(st.st_size, 220000);
	unlink(path);
	rmdir(directory);
}
