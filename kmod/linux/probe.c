// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a function is, is asked of kprobes: one that is registered disabled
 * patches nothing, has an address, and knows whether ftrace has its entry. It
 * is let go at once.
 */
#include <linux/ftrace.h>
#include <linux/hash.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/tracepoint.h>
#include <trace/events/fib.h>
#include <trace/events/fib6.h>
#include <trace/events/net.h>
#include <trace/events/skb.h>

#include "bridge.h"
#include "compat.h"
#include "conntrack.h"
#include "deliver.h"
#include "device.h"
#include "end.h"
#include "fib.h"
#include "fragment.h"
#include "hook.h"
#include "lineage.h"
#include "nat.h"
#include "neigh.h"
#include "probe.h"
#include "probes.h"
#include "queue.h"
#include "route.h"
#include "rule.h"

#define AT_BITS 8

typedef void (*handler_fn)(struct pt_regs *regs, unsigned long parent);

/**
 * struct function - a function that is watched
 * @probe: what is told of it
 * @handler: what to call
 * @redirect: the handler may send the caller elsewhere
 * @ip: of ftrace's call at its entry; 0: not found
 */
struct function {
	struct skald_probe probe;
	handler_fn handler;
	bool redirect;
	unsigned long ip;
};

/**
 * struct point - a tracepoint that is watched
 * @probe: what is told of it
 * @handler: what to call
 * @tracepoint: NULL: not found
 */
struct point {
	struct skald_probe probe;
	void *handler;
	struct tracepoint *tracepoint;
};

/* clang-format off */
#define FUNCTION(_feature, _module, _name, _handler)                           \
	{ .probe = { .name = #_name, .module = _module,                        \
		     .feature = SKALD_FEATURE_##_feature,                      \
		     .kind = SKALD_PROBE_FUNCTION },                           \
	  .handler = _handler },
#define REDIRECT(_feature, _module, _name, _handler)                           \
	{ .probe = { .name = #_name, .module = _module,                        \
		     .feature = SKALD_FEATURE_##_feature,                      \
		     .kind = SKALD_PROBE_FUNCTION },                           \
	  .handler = _handler, .redirect = true },
#define POINT(_feature, _name, _handler)                                       \
	{ .probe = { .name = #_name, .module = "",                             \
		     .feature = SKALD_FEATURE_##_feature,                      \
		     .kind = SKALD_PROBE_TRACEPOINT },                         \
	  .handler = _handler },
#define POINT_TYPE(_feature, _name, _handler)                                  \
	check_trace_callback_type_##_name(_handler);
/* clang-format on */

static struct function functions[] = { SKALD_FUNCTIONS(FUNCTION)
					       SKALD_REDIRECTS(REDIRECT) };
static struct point points[] = { SKALD_TRACEPOINTS(POINT) };

/* Protects both lists, and what is armed. */
static DEFINE_MUTEX(probe_lock);
static u64 wanted;
static bool armed;

/**
 * struct at - by address, what to call; read without a lock
 * @ip: 0: none
 * @handler: NULL: none any more
 */
struct at {
	unsigned long ip;
	handler_fn handler;
};

static struct at ats[1 << AT_BITS];

static struct at *at_slot(unsigned long ip)
{
	u32 i = hash_long(ip, AT_BITS);

	while (ats[i].ip && ats[i].ip != ip)
		i = (i + 1) % ARRAY_SIZE(ats);
	return &ats[i];
}

static void notrace entered(unsigned long ip, unsigned long parent,
			    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	handler_fn handler = READ_ONCE(at_slot(ip)->handler);

	if (unlikely(!handler))
		return;
	preempt_disable_notrace();
	handler(skald_regs(fregs), parent);
	preempt_enable_notrace();
}

static struct ftrace_ops entries = {
	.func = entered,
	.flags = FTRACE_OPS_FL_PERMANENT,
};

/* One at a time may redirect a function: these are apart from the others. */
static struct ftrace_ops redirects = {
	.func = entered,
	.flags = FTRACE_OPS_FL_PERMANENT | FTRACE_OPS_FL_IPMODIFY,
};

static bool redirecting;

/* The ops that a function is armed by; NULL: it cannot be now. */
static struct ftrace_ops *ops_of(const struct function *function)
{
	if (!function->redirect)
		return &entries;
	return redirecting ? &redirects : NULL;
}

/* ---- finding ---- */

/* The address of ftrace's call in a function; 0 when there is none. */
static void functions_locate(struct function **missing, unsigned int n)
{
	struct kprobe *kprobes = kcalloc(n, sizeof(*kprobes), GFP_KERNEL);
	struct kprobe **found = kcalloc(n, sizeof(*found), GFP_KERNEL);
	unsigned int i, count = 0;

	if (!kprobes || !found)
		goto out;
	for (i = 0; i < n; i++) {
		kprobes[i].symbol_name = missing[i]->probe.name;
		kprobes[i].flags = KPROBE_FLAG_DISABLED;
		if (register_kprobe(&kprobes[i]))
			continue;
		found[count++] = &kprobes[i];
		if (kprobe_ftrace(&kprobes[i]))
			missing[i]->ip = (unsigned long)kprobes[i].addr;
	}
	if (count)
		unregister_kprobes(found, count);
out:
	kfree(found);
	kfree(kprobes);
}

static bool has_module(const struct function *function)
{
	return function->probe.module[0] != '\0';
}

/* Is anything of its module found? Then the module is loaded. */
static bool is_loaded(const struct function *function)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (functions[i].ip &&
		    !strcmp(functions[i].probe.module, function->probe.module))
			return true;
	}
	return false;
}

static void functions_judge(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		struct function *function = &functions[i];

		if (function->ip)
			function->probe.state =
				armed ? SKALD_PROBE_ARMED : SKALD_PROBE_FOUND;
		else if (has_module(function) && !is_loaded(function))
			function->probe.state = SKALD_PROBE_WAITING;
		else
			function->probe.state = SKALD_PROBE_ABSENT;
	}
}

/* Find what is not found yet, of @module or, with NULL, everywhere. */
static void functions_find(const char *module)
{
	struct function *missing[ARRAY_SIZE(functions)];
	unsigned int i, n = 0;

	lockdep_assert_held(&probe_lock);
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (functions[i].ip ||
		    (module && strcmp(functions[i].probe.module, module)))
			continue;
		missing[n++] = &functions[i];
	}
	if (n)
		functions_locate(missing, n);
}

static void point_find(struct tracepoint *tracepoint, void *data)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (strcmp(points[i].probe.name, tracepoint->name))
			continue;
		points[i].tracepoint = tracepoint;
		points[i].probe.state = SKALD_PROBE_FOUND;
	}
}

/* ---- arming functions ---- */

static bool is_wanted(const struct function *function)
{
	return function->ip && function->probe.feature & wanted;
}

static void at_add(const struct function *function)
{
	struct at *at = at_slot(function->ip);

	WRITE_ONCE(at->handler, function->handler);
	smp_store_release(&at->ip, function->ip);
}

static unsigned int ips_collect(unsigned long *ips, bool redirect)
{
	unsigned int i, n = 0;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		if (!is_wanted(&functions[i]) ||
		    functions[i].redirect != redirect)
			continue;
		at_add(&functions[i]);
		ips[n++] = functions[i].ip;
	}
	return n;
}

/* The list stays when it is disarmed: arming replaces it. */
static int ops_arm(struct ftrace_ops *ops, bool redirect)
{
	unsigned long ips[ARRAY_SIZE(functions)];
	unsigned int n = ips_collect(ips, redirect);
	int err;

	/* Without a list, ftrace would take all functions for meant. */
	if (!n)
		return -ENOENT;
	err = ftrace_set_filter_ips(ops, ips, n, 0, 1);
	return err ?: register_ftrace_function(ops);
}

static int functions_arm(void)
{
	BUILD_BUG_ON(ARRAY_SIZE(functions) * 2 > ARRAY_SIZE(ats));
	memset(ats, 0, sizeof(ats));
	return ops_arm(&entries, false);
}

/* Behind modules_arm(): what is redirected needs the key of nf_tables. */
static void redirects_arm(void)
{
	if (!redirecting)
		redirecting = !ops_arm(&redirects, true);
}

static void functions_disarm(void)
{
	if (redirecting)
		unregister_ftrace_function(&redirects);
	redirecting = false;
	unregister_ftrace_function(&entries);
}

/* ---- arming tracepoints ---- */

static void points_disarm(unsigned int n)
{
	while (n-- > 0) {
		if (points[n].probe.state != SKALD_PROBE_ARMED)
			continue;
		tracepoint_probe_unregister(points[n].tracepoint,
					    points[n].handler, NULL);
		points[n].probe.state = SKALD_PROBE_FOUND;
	}
	tracepoint_synchronize_unregister();
}

static int points_arm(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(points); i++) {
		if (!(points[i].probe.feature & wanted))
			continue;
		err = tracepoint_probe_register(points[i].tracepoint,
						points[i].handler, NULL);
		if (err)
			goto err_point;
		points[i].probe.state = SKALD_PROBE_ARMED;
	}
	return 0;

err_point:
	points_disarm(i);
	return err;
}

static u64 features_found(void)
{
	u64 found = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++)
		found |= functions[i].ip ? functions[i].probe.feature : 0;
	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!points[i].tracepoint)
			found &= ~points[i].probe.feature;
		else if (points[i].probe.feature == SKALD_FEATURE_MARK ||
			 points[i].probe.feature == SKALD_FEATURE_DROP)
			found |= points[i].probe.feature;
	return found;
}

/* What is needed of modules beside their functions. */
static void modules_arm(void)
{
	if (wanted & SKALD_FEATURE_NFT)
		skald_rule_arm();
	if (wanted & SKALD_FEATURE_CONNTRACK)
		skald_conntrack_arm();
	redirects_arm();
}

static int arm(struct netlink_ext_ack *extack)
{
	int err;

	if (~features_found() & SKALD_FEATURE_ESSENTIAL) {
		NL_SET_ERR_MSG(
			extack,
			"this kernel lacks functions that are essential; see the list of probes");
		return -EOPNOTSUPP;
	}
	err = functions_arm();
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "ftrace refuses: is kernel.ftrace_enabled 0?");
		return err;
	}
	err = points_arm();
	if (err) {
		NL_SET_ERR_MSG(extack, "a tracepoint refuses");
		functions_disarm();
		return err;
	}
	return 0;
}

int skald_probe_arm(u64 features, struct netlink_ext_ack *extack)
{
	int err;

	mutex_lock(&probe_lock);
	functions_find(NULL);
	wanted = features;
	err = arm(extack);
	if (!err) {
		armed = true;
		modules_arm();
	}
	functions_judge();
	mutex_unlock(&probe_lock);
	return err;
}

void skald_probe_disarm(void)
{
	mutex_lock(&probe_lock);
	armed = false;
	points_disarm(ARRAY_SIZE(points));
	functions_disarm();
	skald_rule_disarm();
	skald_conntrack_disarm();
	functions_judge();
	mutex_unlock(&probe_lock);
}

u64 skald_probe_features(void)
{
	u64 found;

	mutex_lock(&probe_lock);
	found = features_found();
	if (armed)
		found &= wanted;
	mutex_unlock(&probe_lock);
	return found;
}

bool skald_probe_get(unsigned int i, struct skald_probe *probe)
{
	if (i >= ARRAY_SIZE(functions) + ARRAY_SIZE(points))
		return false;
	mutex_lock(&probe_lock);
	*probe = i < ARRAY_SIZE(functions)
			 ? functions[i].probe
			 : points[i - ARRAY_SIZE(functions)].probe;
	mutex_unlock(&probe_lock);
	return true;
}

/* ---- modules that come and go ---- */

static void module_comes(const char *name)
{
	unsigned int i;

	functions_find(name);
	if (!armed)
		return;
	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		struct function *function = &functions[i];

		if (strcmp(function->probe.module, name) ||
		    !is_wanted(function) || !ops_of(function))
			continue;
		at_add(function);
		if (ftrace_set_filter_ip(ops_of(function), function->ip, 0, 0))
			function->ip = 0;
	}
	modules_arm();
}

static void module_goes(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(functions); i++) {
		struct function *function = &functions[i];

		if (!function->ip || strcmp(function->probe.module, name))
			continue;
		if (armed && is_wanted(function) && ops_of(function)) {
			WRITE_ONCE(at_slot(function->ip)->handler, NULL);
			ftrace_set_filter_ip(ops_of(function), function->ip, 1,
					     0);
		}
		function->ip = 0;
	}
}

static int module_notify(struct notifier_block *block, unsigned long state,
			 void *data)
{
	const struct module *module = data;

	if (state != MODULE_STATE_LIVE && state != MODULE_STATE_GOING)
		return NOTIFY_DONE;
	mutex_lock(&probe_lock);
	if (state == MODULE_STATE_LIVE)
		module_comes(module->name);
	else
		module_goes(module->name);
	functions_judge();
	mutex_unlock(&probe_lock);
	return NOTIFY_OK;
}

static struct notifier_block module_block = { .notifier_call = module_notify };

/* Never called: a callback of the wrong type does not compile. */
static void __maybe_unused points_check(void)
{
	SKALD_TRACEPOINTS(POINT_TYPE)
}

int skald_probe_init(void)
{
	int err;

	for_each_kernel_tracepoint(point_find, NULL);
	err = register_module_notifier(&module_block);
	if (err)
		return err;
	mutex_lock(&probe_lock);
	functions_find(NULL);
	functions_judge();
	mutex_unlock(&probe_lock);
	return 0;
}

void skald_probe_exit(void)
{
	unregister_module_notifier(&module_block);
	ftrace_free_filter(&redirects);
	ftrace_free_filter(&entries);
}
