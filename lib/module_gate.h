/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what keeps skald.ko out of a kernel
 *
 * Nothing is tried: what the kernel says of itself in files is read, in the
 * order in which it would refuse.
 */
#ifndef SKALD_LIB_MODULE_GATE_H
#define SKALD_LIB_MODULE_GATE_H

#include <stdbool.h>

/**
 * enum skald_module_bar - what is in the way
 * @SKALD_BAR_NONE: nothing that can be seen
 * @SKALD_BAR_NO_MODULES: a kernel without CONFIG_MODULES
 * @SKALD_BAR_DISABLED: kernel.modules_disabled
 * @SKALD_BAR_ABSENT: the module is not installed for this kernel
 * @SKALD_BAR_LOCKDOWN: the kernel is locked down (kernel_lockdown(7))
 * @SKALD_BAR_ENFORCED: module.sig_enforce, or CONFIG_MODULE_SIG_FORCE
 * @SKALD_BAR_SECURE_BOOT: Secure Boot, where lockdown cannot be read
 */
enum skald_module_bar {
	SKALD_BAR_NONE,
	SKALD_BAR_NO_MODULES,
	SKALD_BAR_DISABLED,
	SKALD_BAR_ABSENT,
	SKALD_BAR_LOCKDOWN,
	SKALD_BAR_ENFORCED,
	SKALD_BAR_SECURE_BOOT,
};

/**
 * struct skald_module_gate - what was found
 * @bar: what is in the way
 * @is_signed: the installed module has a signature, of whatever key; not known
 *	of compressed ones
 */
struct skald_module_gate {
	enum skald_module_bar bar;
	bool is_signed;
};

/**
 * skald_module_gate_read() - look at the gate
 * @gate: written
 * @root: what all paths begin with, "" for this machine
 * @release: of the kernel, as uname -r says it
 */
void skald_module_gate_read(struct skald_module_gate *gate, const char *root,
			    const char *release);

#endif /* SKALD_LIB_MODULE_GATE_H */
