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
#include <sys/utsname.h>

#include "kmod_family.h"
#include "module_gate.h"

static void tell_absent(struct skald_exam *exam, const char *help,
			const char *text)
{
	skald_exam_row(exam, "module", SKALD_CHECK_UNKNOWN, help,
		       "skald.ko is not loaded: %s; the nft source is used",
		       text);
}

static void tell_signature(struct skald_exam *exam, const char *what,
			   bool is_signed)
{
	const char *help =
		is_signed
			? "its signature has to be of a key that the machine "
			  "knows: mokutil --test-key, --import; dmesg says "
			  "what the kernel thinks of it"
			: "sign it with a key that the machine knows (mokutil "
			  "--import, kmodsign; DKMS does it by itself once "
			  "its key is enrolled), then modprobe skald";
	char text[128];

	(void)snprintf(text, sizeof(text),
		       "%s, so the kernel takes signed modules only", what);
	tell_absent(exam, help, text);
}

static void find_reason(struct skald_exam *exam)
{
	struct skald_module_gate gate;
	struct utsname name;

	if (uname(&name))
		name.release[0] = '\0';
	skald_module_gate_read(&gate, "", name.release);
	switch (gate.bar) {
	case SKALD_BAR_NO_MODULES:
		tell_absent(exam, "a kernel with CONFIG_MODULES",
			    "this kernel loads no modules");
		return;
	case SKALD_BAR_DISABLED:
		tell_absent(exam,
			    "kernel.modules_disabled is cleared by a reboot "
			    "only: load it before that is set",
			    "loading modules was switched off");
		return;
	case SKALD_BAR_ABSENT:
		tell_absent(exam,
			    "with the headers of this kernel: make kmod "
			    "kmod-install, then modprobe skald",
			    "it is not built for this kernel");
		return;
	case SKALD_BAR_LOCKDOWN:
		tell_signature(exam, "the kernel is locked down",
			       gate.is_signed);
		return;
	case SKALD_BAR_ENFORCED:
		tell_signature(exam, "module.sig_enforce is set",
			       gate.is_signed);
		return;
	case SKALD_BAR_SECURE_BOOT:
		tell_signature(exam, "Secure Boot is on", gate.is_signed);
		return;
	case SKALD_BAR_NONE:
		tell_absent(exam,
			    "modprobe skald; if that fails, dmesg says why",
			    "it is installed");
	}
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
