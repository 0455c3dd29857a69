// SPDX-License-Identifier: GPL-2.0-only
/*
 * Check "module": whether skald.ko answers, and if not, what keeps it away.
 *
 * Without it the nft source works, so a module that is not there is no fault:
 * the state is "unknown", and the words say what it would take.
 */
#include "doctor_exam.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include "kmod_family.h"
#include "proc.h"

#define LOCKDOWN "/sys/kernel/security/lockdown"
#define SECURE_BOOT                                      \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-" \
	"93ca-11d2-aa0d-00e098032b8c"
#define ENFORCE "/sys/module/module/parameters/sig_enforce"
#define DISABLED "/proc/sys/kernel/modules_disabled"

/* Where modules are installed: by make kmod-install, by DKMS, by a package. */
static const char *const places[] = {
	"updates/dkms/skald.ko",
	"updates/dkms/skald.ko.xz",
	"updates/skald.ko",
	"updates/skald.ko.xz",
	"updates/kmod/skald.ko",
	"updates/kmod/skald.ko.xz",
	"extra/skald.ko",
	"extra/skald.ko.xz",
	"kernel/net/skald/skald.ko",
};

static bool is_installed(const char *release)
{
	char path[256];
	struct stat st;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(path, sizeof(path), "/lib/modules/%s/%s",
			       release, places[i]);
		if (!stat(path, &st))
			return true;
	}
	return false;
}

static bool is_there(const char *path)
{
	struct stat st;

	return !stat(path, &st);
}

/* The first word of the file is @word. */
static bool says(const char *path, const char *word)
{
	char *text = skald_proc_read(NULL, path, NULL);
	bool is_it = text && !strncmp(text, word, strlen(word));

	free(text);
	return is_it;
}

/* "none [integrity] confidentiality": unsigned modules are refused */
static bool is_locked_down(void)
{
	char *text = skald_proc_read(NULL, LOCKDOWN, NULL);
	bool is_locked = text && !strstr(text, "[none]");

	free(text);
	return is_locked;
}

/* Four bytes of attributes, then 1 when it is on. */
static bool is_secure_boot(void)
{
	size_t len = 0;
	char *bytes = skald_proc_read(NULL, SECURE_BOOT, &len);
	bool is_on = bytes && len >= 5 && bytes[4] == 1;

	free(bytes);
	return is_on;
}

static void tell_absent(struct skald_exam *exam, const char *help,
			const char *text)
{
	skald_exam_row(exam, "module", SKALD_CHECK_UNKNOWN, help,
		       "skald.ko is not loaded: %s; the nft source is used",
		       text);
}

static void tell_signature(struct skald_exam *exam, const char *what)
{
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "%s, so the kernel takes signed modules only", what);
	tell_absent(exam,
		    "sign it with a key that the machine knows (mokutil "
		    "--import, kmodsign; DKMS does it by itself once its key "
		    "is enrolled), then modprobe skald",
		    text);
}

static void find_reason(struct skald_exam *exam)
{
	struct utsname name;

	if (uname(&name))
		name.release[0] = '\0';
	if (!is_there("/proc/modules"))
		tell_absent(exam, "a kernel with CONFIG_MODULES",
			    "this kernel loads no modules");
	else if (says(DISABLED, "1"))
		tell_absent(exam,
			    "kernel.modules_disabled is cleared by a reboot "
			    "only: load it before that is set",
			    "loading modules was switched off");
	else if (!is_installed(name.release))
		tell_absent(exam,
			    "with the headers of this kernel: make kmod "
			    "kmod-install, then modprobe skald",
			    "it is not built for this kernel");
	else if (is_locked_down())
		tell_signature(exam, "the kernel is locked down");
	else if (says(ENFORCE, "Y"))
		tell_signature(exam, "module.sig_enforce is set");
	else if (is_secure_boot())
		tell_signature(exam, "Secure Boot is on");
	else
		tell_absent(exam,
			    "modprobe skald; if that fails, dmesg says "
			    "why",
			    "it is installed");
}

static void tell_loaded(struct skald_exam *exam,
			const struct skald_kmod_info *info)
{
	uint64_t missing = SKALD_FEATURE_ALL & ~info->features;

	if (missing)
		skald_exam_row(
			exam, "module", SKALD_CHECK_WARN,
			"load what is to be followed first (nf_tables, "
			"nf_conntrack, ip_tables, bridge), and see dmesg",
			"skald.ko %s answers, but cannot tell "
			"everything here: features 0x%llx are missing",
			info->release, (unsigned long long)missing);
	else
		skald_exam_row(exam, "module", SKALD_CHECK_OK, "",
			       "skald.ko %s answers%s", info->release,
			       info->collector ? "; a tracerd collects" : "");
}

void skald_check_module(struct skald_exam *exam)
{
	struct skald_kmod_info info = { 0 };
	struct skald_error error = { 0 };
	struct skald_kmod kmod;
	int err;

	err = skald_kmod_open(&kmod, &error);
	if (err == -ENOENT) {
		find_reason(exam);
		return;
	}
	if (!err) {
		err = skald_kmod_info(&kmod, &info, &error);
		skald_kmod_close(&kmod);
	}
	if (err)
		skald_exam_row(exam, "module", SKALD_CHECK_WARN, error.help,
			       "%s", error.text);
	else
		tell_loaded(exam, &info);
}
