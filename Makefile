# SPDX-License-Identifier: GPL-2.0-only
#
# make              the daemon and the command
# make kmod         the kernel module, for KDIR or the running kernel
# make kmod-install and install it, by DKMS where there is one
# make demo         build, make three namespaces, follow real packets in them
# make check        all tests; installs what is missing from Debian
# make check-kernel the module and the daemon on Debian's kernels, in QEMU
# make debug-kernel build a kernel with every checker for it; 20 minutes
# make bench        speed and memory, as ratios against the peers
# make kmod-engine  the engine against kernel headers: KDIR, or what is there
# make lint         style, static analysis, manual pages, spelling
# make fuzz         each fuzzer for FUZZ_SECONDS (60)
# make install      DESTDIR, PREFIX
# make help         every target
#
# V=1 shows the commands. SAN=1 builds with sanitizers, COV=1 for coverage.

VERSION := 0.1.0

PREFIX     ?= /usr/local
BINDIR     ?= $(PREFIX)/bin
SBINDIR    ?= $(PREFIX)/sbin
MANDIR     ?= $(PREFIX)/share/man
DOCDIR     ?= $(PREFIX)/share/doc/skald
UNITDIR    ?= $(PREFIX)/lib/systemd/system
COMPDIR    ?= $(PREFIX)/share/bash-completion/completions

KDIR       ?= /lib/modules/$(shell uname -r)/build
DKMSDIR    ?= /usr/src

PKG_CONFIG ?= pkg-config
CC         ?= gcc
CFLAGS     ?= -O2 -g
JOBS       ?= $(shell nproc)
VARIANT    := $(if $(SAN),san,$(if $(COV),cov,release))
B          ?= build/$(VARIANT)

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	    -Wpointer-arith -Wvla -Wformat=2 -Wundef -Wno-unused-parameter
override CFLAGS   += -std=gnu11 $(WARNINGS) -MMD -MP -pthread
override CPPFLAGS += -D_GNU_SOURCE -DSKALD_VERSION='"$(VERSION)"' -Iinclude -Ilib -Ikmod/engine
override LDFLAGS  += -pthread
ifdef SAN
override CFLAGS   += -O1 -fsanitize=address,undefined \
		     -fno-sanitize-recover=all -fno-omit-frame-pointer
override LDFLAGS  += -fsanitize=address,undefined
endif
ifdef COV
override CFLAGS   += -O0 --coverage
override LDFLAGS  += --coverage
endif

# Libraries that libskald needs: package names for pkg-config.
LIB_PKG := libmnl libpcap sqlite3 jansson libnftables

LIB     := $B/libskald.a
# The engine is in both: here, and in the kernel modules.
LIB_SRC := $(wildcard lib/*.c kmod/engine/*.c)

# program: sources, further packages
PROGRAMS := tracerd/tracerd tui/skald
tracerd/tracerd_SRC := $(wildcard tracerd/*.c)
tracerd/tracerd_PKG := $(LIB_PKG)
tui/skald_SRC := $(wildcard tui/*.c)
tui/skald_PKG := $(LIB_PKG) ncursesw

# Every tests/unit/test_<noun>.c is a program of its own.
UNIT_TESTS := $(patsubst %.c,%,$(wildcard tests/unit/test_*.c))
$(foreach t,$(UNIT_TESTS),$(eval $t_SRC := $t.c)$(eval $t_PKG := $(LIB_PKG) criterion))

# Those of expressions put rules on a bench.
define bench_test
$1_SRC += tests/unit/parts/rule_bench.c
endef
$(foreach t,$(filter tests/unit/test_expr% tests/unit/test_xt%,$(UNIT_TESTS)),$(eval $(call bench_test,$t)))

# Those of the browser are built with it, and with stories that need no store.
define browser_test
$1_SRC += tests/tui/sample.c tests/tui/fake_source.c \
	  $(filter-out tui/main.c,$(wildcard tui/*.c))
$1_PKG += ncursesw
endef
$(foreach t,$(filter tests/unit/test_browser%,$(UNIT_TESTS)),$(eval $(call browser_test,$t)))

# Every tests/tools/<name>.c is a tool of the live tests and benches.
TOOLS := $(patsubst %.c,%,$(wildcard tests/tools/*.c))
$(foreach t,$(TOOLS),$(eval $t_SRC := $t.c)$(eval $t_PKG := $(LIB_PKG)))
tests/tools/sample_store_SRC += tests/tui/sample.c
tests/tools/kmod_dump_SRC += tests/tools/parts/kmod_print.c
tests/tools/world_agree_SRC += $(wildcard tests/tools/parts/agree_*.c)
tests/tools/gen_keys_SRC += tui/keys.c tui/utf8.c
tests/tools/ct_generate_SRC += $(wildcard tests/conntrack/parts/*.c)
tests/tools/ct_talks_SRC += tests/conntrack/helpers/talks.c
tests/unit/test_ct_memory_SRC += tests/conntrack/helpers/talks.c
tests/unit/test_ct_replay_SRC += tests/conntrack/helpers/talks.c
tests/tools/ct_nat_oracle_SRC += $(wildcard tests/conntrack/nat/*.c)

# Those of tests/kernel run in an emulated machine, where libraries cost time.
STATIC_TOOLS := $(addprefix tests/tools/,traffic collect refuse reinject \
	xdp_drop broute)
$(foreach t,$(STATIC_TOOLS),$(eval $t_PKG :=))
ifndef SAN
$(STATIC_TOOLS:%=$B/%): override LDFLAGS += -static
endif

# Every tests/bench/<name>.c is a program of the benches.
BENCHES := $(patsubst %.c,%,$(wildcard tests/bench/*.c))
$(foreach t,$(BENCHES),$(eval $t_SRC := $t.c)$(eval $t_PKG := $(LIB_PKG)))
tests/bench/stages_SRC += tracerd/space.c tracerd/world.c tracerd/owner.c \
			  tracerd/log.c
tests/bench/fill_SRC += tests/bench/parts/mix.c

ALL_PROGRAMS := $(PROGRAMS) $(UNIT_TESTS) $(TOOLS) $(BENCHES)

Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-7s %s\n' $1 $2)

.PHONY: all tests tools benches deps demo check check-unit check-live bench lint fuzz \
	install uninstall dist clean help coverage kmod kmod-install kmod-engine
.DELETE_ON_ERROR:

all: $(PROGRAMS:%=$B/%)
tests: $(UNIT_TESTS:%=$B/%)
tools: $(TOOLS:%=$B/%)
benches: $(BENCHES:%=$B/%)

$(LIB): $(LIB_SRC:%.c=$B/%.o)
	$(call say,AR,$@)
	$Q$(RM) $@ && $(AR) rcsP $@ $^

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIB_PKG) ncursesw 2>/dev/null)

define program
$B/$1: $$($1_SRC:%.c=$B/%.o) $$(LIB)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$Q$$(CC) $$(LDFLAGS) -o $$@ $$^ $$(if $$($1_PKG),$$(shell $$(PKG_CONFIG) --libs $$($1_PKG))) $$(LDLIBS)
-include $$($1_SRC:%.c=$B/%.d)
endef
$(foreach p,$(ALL_PROGRAMS),$(eval $(call program,$p)))
-include $(LIB_SRC:%.c=$B/%.d)

$B/%.o: %.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$Q$(CC) $(CPPFLAGS) $(PKG_CFLAGS) $(CFLAGS) -c -o $@ $<

.SECONDARY:

# ---- what people run ----

deps:
	$Q.ci/deps build

demo:
	$Q.ci/deps demo
	$Q$(MAKE) --no-print-directory -j$(JOBS) all
	$Qtests/demo/demo.sh

# With sanitizers for the unit tests, without for the live ones.
check:
	$Q.ci/deps check
	$Q$(MAKE) --no-print-directory -j$(JOBS) all tools
	$Q$(MAKE) --no-print-directory -j$(JOBS) SAN=1 tests
	$Qtests/run
	$Q.ci/kmod-engine

check-unit:
	$Q$(MAKE) --no-print-directory -j$(JOBS) SAN=1 tests
	$Qtests/run unit
check-live: all tools
	$Qtests/run live
.PHONY: check-kernel debug-kernel
# In emulated machines: KERNEL_ARGS="--kernel debug --stress"
check-kernel: all tools
	$Q.ci/deps kernel
	$QB=$B tests/kernel/run $(KERNEL_ARGS)

debug-kernel:
	$Q.ci/deps debug-kernel
	$Qtests/kernel/build_debug

bench:
	$Q.ci/deps bench
	$Q$(MAKE) --no-print-directory -j$(JOBS) all tools benches
	$QB=$B tests/bench/run

lint:
	$Q.ci/deps lint
	$Q.ci/lint

kmod-engine:
	$Q.ci/kmod-engine

FUZZ_SECONDS ?= 60
fuzz:
	$Q.ci/deps fuzz
	$QFUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run

coverage:
	$Q.ci/deps check
	$Q$(MAKE) --no-print-directory -j$(JOBS) COV=1 all tests tools
	$QB=build/cov tests/run
	$Qgcovr -r . --object-directory build/cov -e tests/ --print-summary \
		--html-details build/cov/coverage.html

# ---- kernel module ----

# The sources are linked into the build folder, a folder a kernel, so that the
# objects of two kernels never meet and the tree stays clean.
KMOD_RELEASE = $(shell sed -n 's/^\#define UTS_RELEASE "\(.*\)"/\1/p' \
	$(KDIR)/include/generated/utsrelease.h)
KMOD_STAGE = build/kmod-$(KMOD_RELEASE)
KMOD_MAKE = $(MAKE) -C $(KDIR) M=$(CURDIR)/$(KMOD_STAGE)/kmod \
	SKALD_RELEASE=$(VERSION) CONFIG_DEBUG_INFO_BTF_MODULES= $(if $(V),V=1)

kmod:
	@test -e $(KDIR)/include/generated/utsrelease.h || \
		{ echo "no headers of a kernel in $(KDIR): set KDIR" >&2; exit 1; }
	@mkdir -p $(KMOD_STAGE)
	@cp -asf $(CURDIR)/kmod $(CURDIR)/include $(KMOD_STAGE)
	+$Q$(KMOD_MAKE) modules

# By DKMS, which builds it anew for each kernel to come, or for KDIR only. With
# DESTDIR, files are put there and nothing else happens.
DKMS := $(shell command -v dkms)
DKMS_SOURCE = $(DESTDIR)$(DKMSDIR)/skald-$(VERSION)

kmod-install: $(if $(DKMS),kmod-source,kmod)
ifneq ($(DKMS),)
ifeq ($(DESTDIR),)
	$(DKMS) remove -m skald -v $(VERSION) --all >/dev/null 2>&1 || :
	$(DKMS) add -m skald -v $(VERSION)
	$(DKMS) install -m skald -v $(VERSION)
endif
else
	+$Q$(KMOD_MAKE) $(if $(DESTDIR),INSTALL_MOD_PATH=$(abspath $(DESTDIR))) \
		modules_install
	$(if $(DESTDIR),,depmod $(KMOD_RELEASE))
endif

# What DKMS builds from.
.PHONY: kmod-source
kmod-source:
	rm -rf $(DKMS_SOURCE)
	install -d $(DKMS_SOURCE)
	cp -r kmod include $(DKMS_SOURCE)
	rm $(DKMS_SOURCE)/kmod/dkms.conf
	sed 's/@VERSION@/$(VERSION)/g' kmod/dkms.conf >$(DKMS_SOURCE)/dkms.conf

# ---- packages ----

MAN_PAGES := $(wildcard docs/man/*.[1578])

install: all
	install -D -m 755 $B/tui/skald $(DESTDIR)$(BINDIR)/skald
	install -D -m 755 $B/tracerd/tracerd $(DESTDIR)$(SBINDIR)/tracerd
	install -D -m 644 tui/skald.bash $(DESTDIR)$(COMPDIR)/skald
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|g' tracerd/tracerd.service.in \
		>$(DESTDIR)$(UNITDIR)/tracerd.service
	for page in $(MAN_PAGES); do \
		install -D -m 644 $$page \
			$(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/} || exit 1; \
	done
	install -d $(DESTDIR)$(DOCDIR)
	install -m 644 README.md LICENSE docs/*.md $(DESTDIR)$(DOCDIR)

uninstall:
	$(RM) $(DESTDIR)$(BINDIR)/skald $(DESTDIR)$(SBINDIR)/tracerd \
		$(DESTDIR)$(COMPDIR)/skald $(DESTDIR)$(UNITDIR)/tracerd.service
	for page in $(MAN_PAGES); do \
		$(RM) $(DESTDIR)$(MANDIR)/man$${page##*.}/$${page##*/}; \
	done
	$(RM) -r $(DESTDIR)$(DOCDIR)

dist:
	@mkdir -p build
	git archive --prefix=skald-$(VERSION)/ -o build/skald-$(VERSION).tar.gz HEAD
	@echo build/skald-$(VERSION).tar.gz

clean:
	$(RM) -r build

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile
