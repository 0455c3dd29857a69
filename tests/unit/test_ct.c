// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of connection tracking: entries, limits, time, and UDP.
 */
#include "ct.h"

#include <criterion/criterion.h>

#include "ct_fixture.h"

Test(ct, udp_is_new_until_answered)
{
	struct fixture f;

	fixture_init(&f, NULL);
	cr_assert_eq(fixture_udp(&f, "10.0.0.1", 1000, "10.0.0.2", 53), 'N');
	cr_assert_eq(fixture_udp(&f, "10.0.0.1", 1000, "10.0.0.2", 53), 'N');
	cr_assert_eq(fixture_udp(&f, "10.0.0.2", 53, "10.0.0.1", 1000), 'E');
	cr_assert_eq(fixture_udp(&f, "10.0.0.1", 1000, "10.0.0.2", 53), 'E');
	cr_assert_eq(fixture_udp(&f, "10.0.0.1", 1001, "10.0.0.2", 53), 'N');
	cr_assert_eq(atomic_read(&f.table->n), 2);
	fixture_done(&f);
}

Test(ct, an_entry_is_gone_at_its_nanosecond)
{
	struct fixture f;

	fixture_init(&f, NULL);
	fixture_udp(&f, "10.0.0.1", 1, "10.0.0.2", 2);
	f.now_ns += 30 * SKALD_NS_PER_S - 1;
	cr_assert_eq(fixture_udp(&f, "10.0.0.2", 2, "10.0.0.1", 1), 'E');
	f.now_ns += 30 * SKALD_NS_PER_S;
	cr_assert_eq(fixture_udp(&f, "10.0.0.2", 2, "10.0.0.1", 1), 'N');
	cr_assert_eq(atomic_read(&f.table->n), 1);
	fixture_done(&f);
}
