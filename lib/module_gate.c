// SPDX-License-Identifier: GPL-2.0-only
#include "module_gate.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "proc.h"

#define MODULES "/proc/modules"
#define DISABLED "/proc/sys/kernel/modules_disabled"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define ENFORCE "/sys/module/module/parameters/sig_enforce"
#define SECURE_BOOT                                      \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-" \
	"93ca-11d2-aa0d-00e098032b8c"
/* At the end of a module with a signature (kernel/module/signing.c). */
#define SIGNED "~Module signature appended~\n"

/* Where modules are installed: by make kmod-install, by DKMS, by a package. */
static const char *const places[] = {
	"updates/dkms/skald.ko",     "updates/dkms/skald.ko.xz",
	"updates/dkms/skald.ko.zst", "updates/skald.ko",
	"updates/skald.ko.xz",	     "updates/kmod/skald.ko",
	"updates/kmod/skald.ko.xz",  "extra/skald.ko",
	"extra/skald.ko.xz",	     "kernel/net/skald/skald.ko",
};

static bool is_there(const char *root, const char *path)
{
	char full[PATH_MAX];
	struct stat st;

	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	return !stat(full, &st);
}

static char *text_of(const char *root, const char *path, size_t *len)
{
	char full[PATH_MAX];

	(void)snprintf(full, sizeof(full), "%s%s", root, path);
	return skald_proc_read(NULL, full, len);
}

/* The file begins with @word. */
static bool says(const char *root, const char *path, const char *word)
{
	char *text = text_of(root, path, NULL);
	bool is_it = text && !strncmp(text, word, strlen(word));

	free(text);
	return is_it;
}

/* "none [integrity] confidentiality": both take signed modules only. */
static bool is_locked_down(const char *root)
{
	char *text = text_of(root, LOCKDOWN, NULL);
	bool is_locked = text && strchr(text, '[') && !strstr(text, "[none]");

	free(text);
	return is_locked;
}

/* Four bytes of attributes, then 1 when it is on. */
static bool is_secure_boot(const char *root)
{
	size_t len = 0;
	char *bytes = text_of(root, SECURE_BOOT, &len);
	bool is_on = bytes && len >= 5 && bytes[4] == 1;

	free(bytes);
	return is_on;
}

/* Writes where it is. Return: false when it is nowhere */
static bool find_module(char *path, size_t size, const char *root,
			const char *release)
{
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(path, size, "/lib/modules/%s/%s", release,
			       places[i]);
		if (is_there(root, path))
			return true;
	}
	return false;
}

static bool has_signature(const char *root, const char *path)
{
	size_t len = 0;
	char *bytes = text_of(root, path, &len);
	size_t n = strlen(SIGNED);
	bool has = bytes && len >= n && !memcmp(bytes + len - n, SIGNED, n);

	free(bytes);
	return has;
}

static enum skald_module_bar signature_bar(const char *root)
{
	if (is_locked_down(root))
		return SKALD_BAR_LOCKDOWN;
	if (says(root, ENFORCE, "Y"))
		return SKALD_BAR_ENFORCED;
	/* Kernels that care lock themselves down, and would have said so. */
	if (!is_there(root, LOCKDOWN) && is_secure_boot(root))
		return SKALD_BAR_SECURE_BOOT;
	return SKALD_BAR_NONE;
}

void skald_module_gate_read(struct skald_module_gate *gate, const char *root,
			    const char *release)
{
	char path[PATH_MAX];

	gate->is_signed = false;
	if (!is_there(root, MODULES)) {
		gate->bar = SKALD_BAR_NO_MODULES;
	} else if (says(root, DISABLED, "1")) {
		gate->bar = SKALD_BAR_DISABLED;
	} else if (!find_module(path, sizeof(path), root, release)) {
		gate->bar = SKALD_BAR_ABSENT;
	} else {
		gate->bar = signature_bar(root);
		gate->is_signed = has_signature(root, path);
	}
}
