// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities by hand: two system calls do not need a library.
 */
#include "privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/capability.h of older systems does not know it. */
#define BPF 39
#define BIT(capability) (1ULL << (capability))

static int get(uint64_t *permitted)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	*permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

static int set(uint64_t capabilities)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {
		{ .effective = (uint32_t)capabilities,
		  .permitted = (uint32_t)capabilities },
		{ .effective = (uint32_t)(capabilities >> 32),
		  .permitted = (uint32_t)(capabilities >> 32) },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

static void drop_bounding(uint64_t keep)
{
	int capability;

	/* Without CAP_SETPCAP there is nothing to lose either. */
	for (capability = 0; capability < 64; capability++) {
		if (!(keep & BIT(capability)))
			(void)prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
	}
}

int skald_privileges_drop(bool any_file, struct skald_error *error)
{
	uint64_t keep = BIT(CAP_NET_ADMIN) | BIT(CAP_SYS_ADMIN) |
			BIT(CAP_SYS_PTRACE) | BIT(BPF);
	uint64_t permitted = 0;
	int err;

	if (any_file)
		keep |= BIT(CAP_DAC_OVERRIDE);
	err = get(&permitted);
	if (!err && !(permitted & BIT(CAP_NET_ADMIN))) {
		skald_error_set(error, EPERM,
				"following packets needs the privilege "
				"CAP_NET_ADMIN");
		skald_error_help(error, "run it as root, e.g. with sudo");
		return -EPERM;
	}
	if (!err) {
		drop_bounding(keep);
		err = set(permitted & keep);
	}
	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		return skald_error_set(error, -err,
				       "cannot give up privileges");
	return 0;
}
