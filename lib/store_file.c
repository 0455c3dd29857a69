// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening the file of a store: is it there, is it ours, is it whole, may we;
 * and making a new one. A file that is not a skald store is never written to,
 * which is why its header is looked at before SQLite gets to do anything: even
 * a SELECT may roll back somebody else's journal.
 */
#include "store_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The database header: https://www.sqlite.org/fileformat2.html, 1.3 */
#define HEADER_SIZE 100
#define HEADER_MAGIC "SQLite format 3"
#define HEADER_PAGE_SIZE 16
#define HEADER_PAGES 28
#define HEADER_USER_VERSION 60
#define HEADER_APPLICATION 68

static uint32_t be32(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | bytes[1] << 16 | bytes[2] << 8 |
	       bytes[3];
}

static int64_t beside_size(const struct skald_store *store, const char *suffix)
{
	struct stat st;
	char *path;
	int64_t size = -1;

	if (asprintf(&path, "%s%s", store->path, suffix) < 0)
		return -1;
	if (stat(path, &st) == 0)
		size = st.st_size;
	free(path);
	return size;
}

static bool has_wal(const struct skald_store *store)
{
	return beside_size(store, "-wal") > 0;
}

static int not_a_store(const struct skald_store *store, const char *why,
		       struct skald_error *error)
{
	int err = skald_error_set(error, EBADMSG, "%s is not a skald store: %s",
				  store->path, why);

	skald_error_help(error, "-d FILE names one; \"skald follow -d FILE\" "
				"records one");
	return err;
}

static int no_file(const struct skald_store *store, int code,
		   struct skald_error *error)
{
	int err = skald_error_set(error, code, "cannot open %s: %s",
				  store->path, strerror(code));

	if (code == ENOENT)
		skald_error_help(error, "-d FILE names another store; \"skald "
					"follow -d FILE\" records one");
	return err;
}

/* Return: 0, -ENOENT (or empty, for a writer), or another -errno */
static int check_path(struct skald_store *store, struct skald_error *error)
{
	bool is_write = store->mode == SKALD_STORE_WRITE;
	struct stat st;

	if (stat(store->path, &st) < 0)
		return no_file(store, errno, error);
	if (!S_ISREG(st.st_mode))
		return not_a_store(store, "not a file", error);
	if (!st.st_size && is_write)
		return -ENOENT;
	if (!st.st_size)
		return not_a_store(store, "it is empty", error);
	if (euidaccess(store->path, R_OK | (is_write ? W_OK : 0)) < 0) {
		int err = skald_error_set(error, errno, "cannot %s %s: %s",
					  is_write ? "write" : "read",
					  store->path, strerror(errno));
		skald_error_help(error,
				 "run it as root or as the file's owner");
		return err;
	}
	return 0;
}

static int cannot_open(struct skald_store *store, int code,
		       struct skald_error *error)
{
	int err = skald_sqlite_errno(store->db, code);

	return skald_error_set(error, err, "cannot open %s: %s", store->path,
			       store->db ? sqlite3_errmsg(store->db)
					 : "out of memory");
}

static int open_flags(struct skald_store *store, const char *path, int flags,
		      struct skald_error *error)
{
	int code;

	flags |= SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	code = sqlite3_open_v2(path, &store->db, flags, NULL);
	if (code != SQLITE_OK) {
		int err = cannot_open(store, code, error);

		sqlite3_close(store->db);
		store->db = NULL;
		return err;
	}
	sqlite3_busy_timeout(store->db, 5000);
	return 0;
}

/*
 * Through SQLite's own descriptor: opening and closing the file ourselves would
 * drop the POSIX locks that another connection of this process holds on it.
 */
static int read_header(struct skald_store *store, uint8_t *header,
		       int64_t *size, struct skald_error *error)
{
	sqlite3_file *file = NULL;
	sqlite3_int64 file_size;
	int code;

	code = sqlite3_file_control(store->db, "main",
				    SQLITE_FCNTL_FILE_POINTER, &file);
	if (code != SQLITE_OK || !file || !file->pMethods)
		return cannot_open(store, SQLITE_CANTOPEN, error);
	code = file->pMethods->xRead(file, header, HEADER_SIZE, 0);
	if (code == SQLITE_OK)
		code = file->pMethods->xFileSize(file, &file_size);
	if (code == SQLITE_IOERR_SHORT_READ)
		return not_a_store(store, "not an SQLite file", error);
	if (code != SQLITE_OK)
		return cannot_open(store, code, error);
	*size = file_size;
	return 0;
}

static int check_header(struct skald_store *store, struct skald_error *error)
{
	uint8_t header[HEADER_SIZE] = { 0 };
	int64_t size = 0, pages, page_size, whole;
	int err;

	err = read_header(store, header, &size, error);
	if (err)
		return err;
	if (memcmp(header, HEADER_MAGIC, sizeof(HEADER_MAGIC)) != 0)
		return not_a_store(store, "not an SQLite file", error);
	if (be32(header + HEADER_APPLICATION) != SKALD_STORE_APPLICATION)
		return not_a_store(
			store, "an SQLite file of another application", error);
	page_size =
		header[HEADER_PAGE_SIZE] << 8 | header[HEADER_PAGE_SIZE + 1];
	page_size = page_size == 1 ? 65536 : page_size;
	pages = be32(header + HEADER_PAGES);
	/* With a log, a checkpoint may have been cut short: not ours. */
	whole = pages * page_size;
	if (has_wal(store) || whole <= size)
		return 0;
	err = skald_error_set(error, EBADMSG,
			      "%s is damaged: cut off at %lld of %lld bytes",
			      store->path, (long long)size, (long long)whole);
	skald_error_help(error, "a copy that did not come to its end: copy it "
				"again");
	return err;
}

/* Errors of the schema do not know the file. Return: @err */
static int name_file(struct skald_store *store, int err, const char *what,
		     struct skald_error *error)
{
	char text[SKALD_ERROR_TEXT];

	if (!err || !error)
		return err;
	snprintf(text, sizeof(text), "%s", error->text);
	return skald_error_set(error, -err, "%s%s: %.300s", store->path, what,
			       text);
}

/* A whole store appears under its name, or none does. */
static int create_file(struct skald_store *store, struct skald_error *error)
{
	char *path;
	int err;

	if (asprintf(&path, "%s-new", store->path) < 0)
		return -ENOMEM;
	(void)unlink(path);
	err = open_flags(store, path,
			 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error);
	if (err)
		goto out;
	err = skald_schema_create(store->db, error);
	sqlite3_close(store->db);
	store->db = NULL;
	err = name_file(store, err, "", error);
	if (!err && rename(path, store->path) < 0)
		err = skald_error_set(error, errno, "cannot make %s: %s",
				      store->path, strerror(errno));
	if (err)
		(void)unlink(path);
out:
	free(path);
	return err;
}

static char *immutable_uri(const char *path)
{
	struct skald_buffer uri = { 0 };
	char hex[4];

	skald_buffer_put(&uri, "file:", 5);
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/._-", *path)) {
			skald_buffer_put(&uri, path, 1);
			continue;
		}
		snprintf(hex, sizeof(hex), "%%%02X", (unsigned char)*path);
		skald_buffer_put(&uri, hex, 3);
	}
	skald_buffer_put(&uri, "?immutable=1", 13);
	if (uri.failed)
		skald_buffer_done(&uri);
	return (char *)uri.data;
}

/*
 * A reader of a WAL store needs the shared memory file; in a directory where it
 * may not make one, the store can still be read as long as nobody writes it.
 */
static int open_immutable(struct skald_store *store, struct skald_error *error)
{
	char *uri;
	int err;

	if (has_wal(store)) {
		err = skald_error_set(
			error, EACCES,
			"cannot read %s: its log (-wal) needs a directory that "
			"can be written",
			store->path);
		skald_error_help(error, "copy the file and its -wal to a "
					"directory of your own");
		return err;
	}
	uri = immutable_uri(store->path);
	if (!uri)
		return -ENOMEM;
	sqlite3_close(store->db);
	store->db = NULL;
	store->is_immutable = true;
	err = open_flags(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
			 error);
	free(uri);
	return err;
}

static int open_reader(struct skald_store *store, struct skald_error *error)
{
	int code;
	int err;

	err = open_flags(store, store->path, SQLITE_OPEN_READONLY, error);
	if (!err)
		err = check_header(store, error);
	if (err)
		return err;
	code = sqlite3_exec(store->db, "SELECT 1 FROM sqlite_master", NULL,
			    NULL, NULL);
	switch (code & 0xff) {
	case SQLITE_OK:
		return 0;
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return open_immutable(store, error);
	}
	return skald_store_fail(store, "cannot read the schema", error);
}

static int open_writer(struct skald_store *store, struct skald_error *error)
{
	int err;

	err = open_flags(store, store->path, SQLITE_OPEN_READWRITE, error);
	if (!err)
		err = check_header(store, error);
	return err;
}

/* This may write to the file: only after all checks. */
static int begin_writing(struct skald_store *store, struct skald_error *error)
{
	return skald_store_exec(store,
				"PRAGMA journal_mode = WAL;"
				"PRAGMA synchronous = NORMAL;"
				"PRAGMA wal_autocheckpoint = 4000;"
				"PRAGMA journal_size_limit = 67108864;"
				"PRAGMA cache_size = -65536",
				"cannot begin to write", error);
}

static int check_version(struct skald_store *store, struct skald_error *error)
{
	int64_t version;
	int err;

	err = skald_store_number(store, "PRAGMA user_version", &version, error);
	if (err)
		return err;
	if (version > SKALD_STORE_VERSION) {
		err = skald_error_set(error, EPROTO,
				      "%s has schema version %lld, this skald "
				      "knows %d",
				      store->path, (long long)version,
				      SKALD_STORE_VERSION);
		skald_error_help(error, "use the skald that wrote it, or a "
					"newer one");
		return err;
	}
	if (version == SKALD_STORE_VERSION)
		return 0;
	if (store->mode == SKALD_STORE_WRITE)
		return name_file(store,
				 skald_schema_migrate(
					 store->db, skald_migrations, version,
					 SKALD_STORE_VERSION, error),
				 "", error);
	err = skald_error_set(error, EPROTO,
			      "%s has the old schema version %lld", store->path,
			      (long long)version);
	skald_error_help(error, "a tracerd that records into it brings it up "
				"to date");
	return err;
}

int skald_store_connect(struct skald_store *store, struct skald_error *error)
{
	bool is_write = store->mode == SKALD_STORE_WRITE;
	int err;

	err = check_path(store, error);
	if (err == -ENOENT && is_write)
		err = create_file(store, error);
	if (!err)
		err = is_write ? open_writer(store, error)
			       : open_reader(store, error);
	if (!err)
		err = skald_store_exec(store,
				       "PRAGMA trusted_schema = OFF;"
				       "PRAGMA cell_size_check = ON;"
				       "PRAGMA temp_store = MEMORY",
				       "cannot configure", error);
	if (!err)
		err = check_version(store, error);
	if (err)
		return err;
	err = skald_schema_check(store->db, error);
	err = name_file(store, err, err == -EBADMSG ? " is damaged" : "",
			error);
	return err || !is_write ? err : begin_writing(store, error);
}
