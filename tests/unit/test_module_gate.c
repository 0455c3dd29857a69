// SPDX-License-Identifier: GPL-2.0-only
/*
 * What keeps skald.ko out: machines made of files in a folder.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "module_gate.h"

#define RELEASE "6.12.1-test"
#define PLACE "/lib/modules/" RELEASE "/updates/dkms/skald.ko"
#define SIGNED "~Module signature appended~\n"
#define DISABLED "/proc/sys/kernel/modules_disabled"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define ENFORCE "/sys/module/module/parameters/sig_enforce"
#define SECURE_BOOT                                      \
	"/sys/firmware/efi/efivars/SecureBoot-8be4df61-" \
	"93ca-11d2-aa0d-00e098032b8c"

static char root[64];

/* A file below root, with the folders that lead there. */
static void put(const char *path, const char *bytes, size_t len)
{
	char full[256];
	FILE *file;
	char *at;

	cr_assert_lt(snprintf(full, sizeof(full), "%s%s", root, path),
		     (int)sizeof(full));
	for (at = strchr(full + strlen(root) + 1, '/'); at;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(full, 0700);
		*at = '/';
	}
	file = fopen(full, "we");
	cr_assert_not_null(file);
	cr_assert_eq(fwrite(bytes, 1, len, file), len);
	cr_assert_eq(fclose(file), 0);
}

static void put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static void machine_make(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/skald-gate.XXXXXX");
	cr_assert_not_null(mkdtemp(root));
	put_text("/proc/modules", "");
}

static void machine_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf '%s'", root);
	cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c) */
}

TestSuite(module_gate, .init = machine_make, .fini = machine_remove);

static struct skald_module_gate look(void)
{
	struct skald_module_gate gate;

	skald_module_gate_read(&gate, root, RELEASE);
	return gate;
}

Test(module_gate, no_modules)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/proc/modules", root);
	cr_assert_eq(remove(path), 0);
	put_text(PLACE, "module");
	cr_assert_eq(look().bar, SKALD_BAR_NO_MODULES);
}

Test(module_gate, disabled)
{
	put_text(PLACE, "module");
	put_text(DISABLED, "1\n");
	cr_assert_eq(look().bar, SKALD_BAR_DISABLED);
	put_text(DISABLED, "0\n");
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
}

Test(module_gate, absent)
{
	put_text(LOCKDOWN, "none [integrity] confidentiality\n");
	cr_assert_eq(look().bar, SKALD_BAR_ABSENT);
	put_text("/lib/modules/6.1.0-other/extra/skald.ko", "module");
	cr_assert_eq(look().bar, SKALD_BAR_ABSENT);
}

Test(module_gate, lockdown)
{
	put_text(PLACE, "module");
	put_text(LOCKDOWN, "[none] integrity confidentiality\n");
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
	put_text(LOCKDOWN, "none [integrity] confidentiality\n");
	cr_assert_eq(look().bar, SKALD_BAR_LOCKDOWN);
	put_text(LOCKDOWN, "none integrity [confidentiality]\n");
	cr_assert_eq(look().bar, SKALD_BAR_LOCKDOWN);
	/* Nothing that a kernel writes. */
	put_text(LOCKDOWN, "");
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
}

Test(module_gate, enforced)
{
	put_text(PLACE, "module");
	put_text(ENFORCE, "N\n");
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
	put_text(ENFORCE, "Y\n");
	cr_assert_eq(look().bar, SKALD_BAR_ENFORCED);
}

/* A kernel that says it is not locked down takes what it is given. */
Test(module_gate, secure_boot)
{
	put_text(PLACE, "module");
	put(SECURE_BOOT, "\6\0\0\0\0", 5);
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
	put(SECURE_BOOT, "\6\0\0\0", 4);
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
	put(SECURE_BOOT, "\6\0\0\0\1", 5);
	cr_assert_eq(look().bar, SKALD_BAR_SECURE_BOOT);
	put_text(LOCKDOWN, "[none] integrity confidentiality\n");
	cr_assert_eq(look().bar, SKALD_BAR_NONE);
}

Test(module_gate, signature)
{
	put_text(ENFORCE, "Y\n");
	put_text(PLACE, "");
	cr_assert_not(look().is_signed);
	put(PLACE, "\177ELF\0" SIGNED " ", sizeof("\177ELF\0" SIGNED " ") - 1);
	cr_assert_not(look().is_signed);
	put(PLACE, "\177ELF\0" SIGNED, sizeof("\177ELF\0" SIGNED) - 1);
	cr_assert(look().is_signed);
	cr_assert_eq(look().bar, SKALD_BAR_ENFORCED);
}
