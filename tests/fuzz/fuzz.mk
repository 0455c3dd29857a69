# SPDX-License-Identifier: GPL-2.0-only
# The fuzzers, on the project's Makefile: make -f tests/fuzz/fuzz.mk
.DEFAULT_GOAL := fuzzers

B        := build/fuzz
CC       := clang-14
CFLAGS   := -O2 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	    -fsanitize=fuzzer-no-link -fno-sanitize-recover=all
LDFLAGS  := -fsanitize=address,undefined
CPPFLAGS := -Itests/fuzz -Itests/unit -Itracerd

include Makefile

FUZZERS := $(patsubst %.c,%,$(wildcard tests/fuzz/fuzz_*.c))
$(foreach f,$(FUZZERS),$(eval $f_SRC := $f.c)$(eval $f_PKG := $(LIB_PKG)))
$(FUZZERS:%=$B/%): LDLIBS := -fsanitize=fuzzer

# What several of them need.
TELL := tests/fuzz/tell.c
PACKED := tests/fuzz/packed.c
tests/fuzz/fuzz_trace_SRC += $(TELL) tests/fuzz/world.c tests/fuzz/netlink.c
tests/fuzz/fuzz_kmod_record_SRC += $(TELL) tests/fuzz/world.c
tests/fuzz/fuzz_ruleset_SRC += tests/fuzz/netlink.c
tests/fuzz/fuzz_story_SRC += $(TELL) $(PACKED)
tests/fuzz/fuzz_export_SRC += $(TELL) $(PACKED)
tests/fuzz/fuzz_store_SRC += $(TELL) $(PACKED)
tests/fuzz/fuzz_control_SRC += $(TELL)
tests/fuzz/fuzz_damage_SRC += $(TELL)
# tracerd without what listens to the kernel; the fuzzer stands in for that
tests/fuzz/fuzz_request_SRC += $(addprefix tracerd/,answer.c client.c command.c \
	log.c loop.c publish.c server.c)

# The makers of seeds are plain programs.
SEEDERS := $(addprefix tests/fuzz/,make_seeds record_seeds talk_seeds capture_seeds)
tests/fuzz/make_seeds_SRC := tests/fuzz/make_seeds.c tests/fuzz/ct_seeds.c tests/fuzz/ct_track_seeds.c $(PACKED)
tests/fuzz/record_seeds_SRC := tests/fuzz/record_seeds.c
tests/fuzz/capture_seeds_SRC := tests/fuzz/capture_seeds.c tests/conntrack/helpers/talks.c
tests/fuzz/talk_seeds_SRC := tests/fuzz/talk_seeds.c $(wildcard tests/conntrack/parts/*.c)
$(foreach s,$(SEEDERS),$(eval $s_PKG := $(LIB_PKG)))

$(foreach p,$(FUZZERS) $(SEEDERS),$(eval $(call program,$p)))

.PHONY: fuzzers seeders
fuzzers: $(FUZZERS:%=$B/%)
seeders: $(SEEDERS:%=$B/%)
