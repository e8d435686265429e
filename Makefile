# debate: hold a spoken debate that counts.
#
#   make          build/debate
#   make demo     a whole three-person debate, with real voices
#   make check    all tests            make check SAN=address,undefined
#                                      make check WEB=0   without the page's, which take a browser
#   make bench    all benchmarks       make bench-server   those of `debate serve` alone
#                 bench-voice: mouth to ear          bench-bot: what a bot costs
#                 bench-page: mouth to ear with browsers
#                 bench-analysis: the steps to a report, against real time
#   make whisper-test   speech to text against whisper.cpp, which is fetched and built the first time
#   make systemd-test   the unit under a real systemd, in a container; by root, and by hand alone
#   make soak     3,000 sockets in 1,000 rooms for ten minutes: is memory flat?   SOAK_S=600
#   make fuzz     every parser of what others send, against libFuzzer   TARGET=sdp SECONDS=600
#   make sim      rooms in a simulated world where everything fails   SEED=7 ROOM_S=1000
#   make valgrind a debate of which nobody leaves memory behind
#   make gen      writes manual pages, completions and catalogues of words from the source
#   make install  PREFIX=/usr/local DESTDIR=     make uninstall
#   make deps     installs what is missing (make demo and make check do it themselves)

SHELL = /bin/bash
.DEFAULT_GOAL = all
MAKEFLAGS += --no-builtin-rules

comma := ,
SAN ?=
PREFIX ?= /usr/local
DESTDIR ?=
B ?= build$(if $(SAN),-$(subst $(comma),-,$(SAN)))
CC = gcc
CXX = $(if $(filter clang,$(CC)),clang++,g++)
# Say the whole commands with V=1.
Q = $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-4s %s\n')

PACKAGES = libwebsockets libuv libcjson libcurl opus libopusenc opusfile ogg nice glib-2.0 gio-2.0 \
	openssl libsrtp2 speexdsp sqlite3 portaudio-2.0 webrtc-audio-processing readline

WARNINGS = -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef
OPTIMISE = $(if $(SAN),-O1 -fno-omit-frame-pointer -fsanitize=$(SAN) -fno-sanitize-recover=all,-O2)
CFLAGS ?= -g
DEFINES = -pthread -D_GNU_SOURCE -Ilib -Icmd -Iclient
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(OPTIMISE) $(CFLAGS) $(DEFINES)
# The C++ that a library asks for, behind C faces.
ALL_CXXFLAGS = -std=c++17 -Wall -Wextra -Werror -Wshadow -fno-exceptions -fno-rtti $(OPTIMISE) \
	$(CFLAGS) $(DEFINES)
ALL_LDFLAGS = $(if $(SAN),-fsanitize=$(SAN)) $(LDFLAGS) -pthread

# Asked once, and not before `make deps` had its chance.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES) | sed 's/-I/-isystem /g'))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(PACKAGES)) -lunistring -lm -ldl -lstdc++)$(PKG_LIBS)

# DIRS="base proto" builds and tests these folders of lib alone.
DIRS ?= $(notdir $(wildcard lib/*))
LIB_FILES := $(foreach d,$(DIRS),$(wildcard lib/$(d)/*.c))
LIB_SOURCES := $(filter-out lib/sim/% %_test.c %_fuzz.c %_bench.c,$(LIB_FILES))
LIB_CXX_SOURCES := $(foreach d,$(DIRS),$(wildcard lib/$(d)/*.cc))
TEST_SOURCES := $(filter %_test.c,$(LIB_FILES))
CMD_FILES := $(wildcard cmd/*.c client/terminal/*.c)
CMD_TEST_SOURCES := $(filter %_test.c,$(CMD_FILES))
CMD_SOURCES := $(filter-out %_test.c %_fuzz.c,$(CMD_FILES))
GEN_SOURCES := $(wildcard cmd/gen/*.c)
RECOGNISER_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard cmd/recogniser/*.c))
BENCH_SOURCES := $(filter %_bench.c,$(LIB_FILES))

LIB_OBJECTS := $(LIB_SOURCES:%.c=$(B)/%.o) $(LIB_CXX_SOURCES:%.cc=$(B)/%.o)
CMD_OBJECTS := $(CMD_SOURCES:%.c=$(B)/%.o)
GEN_OBJECTS := $(GEN_SOURCES:%.c=$(B)/%.o)
LIB_TESTS := $(TEST_SOURCES:%.c=$(B)/%)
CMD_TESTS := $(CMD_TEST_SOURCES:%.c=$(B)/%)
TESTS := $(LIB_TESTS) $(CMD_TESTS)
WEB ?= 1
export WEB
SCRIPTS := $(filter-out $(if $(filter 0,$(WEB)),client/web/%),$(wildcard cmd/*_test.sh client/*/*_test.sh lib/*/*_test.sh))
CATALOGUES := $(patsubst %,$(B)/locale/%/LC_MESSAGES/debate.mo,$(shell cat client/po/LINGUAS))
SIM_OBJECTS := $(patsubst %.c,$(B)/%.o,$(wildcard lib/sim/*.c))
SIM_BUGS := $(patsubst testdata/sim/%.patch,$(B)/sim-bugs/%,$(wildcard testdata/sim/*.patch))
BENCHES := $(BENCH_SOURCES:%.c=$(B)/%)

.PHONY: all sim soak valgrind fuzz fuzz-built gen-check bench bench-server bench-voice bench-bot bench-page bench-analysis deps check check-built demo demo-built tidy clean unit whisper-test systemd-test clang man gen install uninstall FORCE
all: $(B)/debate $(B)/debate-recogniser $(CATALOGUES)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# Tests run once and are compiled as often as what they test: most of them fast, those that compute
# as what they test.
COMPUTES := %/voice_cleaner_test.o %/flow_test.o %/jitter_test.o %/mix_test.o %/codec_test.o
$(filter-out $(COMPUTES),$(TESTS:%=%.o)): OPTIMISE := $(if $(SAN),$(OPTIMISE),-Og)

$(B)/%.o: %.cc
	@mkdir -p $(@D)
	$(say) CXX $<
	$(Q)$(CXX) $(ALL_CXXFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/libdebate.a: $(LIB_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/debate: $(CMD_OBJECTS) $(B)/libdebate.a | $(CATALOGUES)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# The one program that stands on pocketsphinx, whose faults stay its own.
$(RECOGNISER_OBJECTS): PKG_CFLAGS = $(shell pkg-config --cflags pocketsphinx | sed 's/-I/-isystem /g') \
	-DMODELS='"$(shell pkg-config --variable=modeldir pocketsphinx)"'
$(B)/debate-recogniser: $(RECOGNISER_OBJECTS)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lpocketsphinx -lsphinxbase

$(B)/locale/%/LC_MESSAGES/debate.mo: client/po/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt --check --output-file=$@ $<

$(LIB_TESTS): $(B)/%_test: $(B)/%_test.o $(B)/libdebate.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

$(B)/lib/analysis/transcript_draft_test: | $(B)/debate-recogniser

$(CMD_TESTS): $(B)/%_test: $(B)/%_test.o $(filter-out %/main.o,$(CMD_OBJECTS)) $(B)/libdebate.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

$(BENCHES): $(B)/%_bench: $(B)/%_bench.o $(B)/libdebate.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

# The simulator has the real code's objects, with what lib/sim puts in the place of the network, of
# libuv and of these functions of the C library (lib/sim/kernel.c).
SIM_WRAPS := abort clock_gettime close fdatasync getrandom open pread pwrite pthread_create \
	pthread_join pthread_mutex_init pthread_mutex_destroy pthread_mutex_lock \
	pthread_mutex_unlock pthread_cond_init pthread_cond_destroy pthread_cond_wait \
	pthread_cond_signal

$(B)/sim: $(SIM_OBJECTS) $(B)/libdebate.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(SIM_WRAPS:%=-Wl,--wrap=%) -Wl,--as-needed -o $@ $^ $(PKG_LIBS)

# The simulator with a change that is wrong on purpose, in the few files that the patch touches.
$(B)/sim-bugs/%: testdata/sim/%.patch $(SIM_OBJECTS) $(B)/libdebate.a
	$(say) BUG $<
	@rm -rf $@ $@.tree && mkdir -p $@.tree
	$(Q)cp --parents $$(sed -n 's|^+++ b/||p' $<) $@.tree && patch -s -p1 -d $@.tree <$<
	$(Q)for source in $$(sed -n 's|^+++ b/||p' $<); do \
		$(CC) $(ALL_CFLAGS) -O0 -w $(PKG_CFLAGS) -c -o $@.tree/$$(basename $$source).o $@.tree/$$source || exit; done
	$(Q)$(CC) $(ALL_LDFLAGS) $(SIM_WRAPS:%=-Wl,--wrap=%) -Wl,--as-needed -o $@ $(SIM_OBJECTS) \
		$@.tree/*.o $(B)/libdebate.a $(PKG_LIBS)

# ---- tests ----

# A sanitizer makes everything several times slower.
export TEST_TIMEOUT ?= $(if $(SAN),900,300)

# What listens to sound as it comes wants the machine for itself.
LISTENS := %/heard_test %/voice_loss_test %/devices_test %/join_devices_test client/web/%
# What waits for long, and does little else.
WAITS = $(filter cmd/nginx_test.sh %/server_waits_test %/server_strangers_test %/peer_path_test \
	%/session_path_test,$(TESTS) $(SCRIPTS))
# Of the page's, what only looks.
LOOKS := $(patsubst %,client/web/page_%_test.sh,looks keyboard words reset patience)
ALONE = $(filter-out $(LOOKS),$(filter $(LISTENS),$(TESTS) $(SCRIPTS)))
TOGETHER = $(filter-out $(ALONE) $(WAITS),$(TESTS) $(SCRIPTS))

unit: $(TESTS) $(B)/debate $(B)/debate-recogniser $(B)/sim $(SIM_BUGS) $(CATALOGUES)
	$(Q)DEBATE_BIN=$(B)/debate TEST_LOGS=$(B)/tests .ci/check $(WAITS:%=+%) $(TOGETHER) -- $(ALONE)

# Speech to text against a real whisper.cpp server, which is built outside the tree the first time.
$(B)/lib/analysis/whisper/whisper_test: $(B)/lib/analysis/whisper/whisper_test.o $(B)/libdebate.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lcmocka

whisper-test: $(B)/lib/analysis/whisper/whisper_test
	$(Q)lib/analysis/whisper/run.sh $<

SCENARIOS := $(wildcard testdata/scenarios/*.debate)

# Two makes: the first installs what the second's variables ask pkg-config about.
check: deps
	$(Q)$(MAKE) --no-print-directory check-built

check-built: tidy man-lint
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/debate $(B)/debate-recogniser $(B)/debate-gen $(B)/sim $(SIM_BUGS) $(TESTS) $(CATALOGUES)
	$(Q)$(MAKE) --no-print-directory gen-check
	$(if $(SAN),,$(Q)$(MAKE) --no-print-directory -j2 B=$(B)-clang CC=clang OPTIMISE=-O0 CFLAGS= clang)
	$(if $(SAN),,$(Q)$(FUZZ_MAKE))
	$(Q)DEBATE_BIN=$(B)/debate TEST_LOGS=$(B)/tests .ci/check $(WAITS:%=+%) \
		$(if $(SAN),,.ci/fuzz_test) \
		$(SCENARIOS) $(TOGETHER) -- $(ALONE)
	$(if $(filter 0,$(WEB)),@echo "the page's tests were left out (WEB=0)")

tidy:
	$(Q).ci/tidy

man-lint:
	$(Q).ci/man-lint

# ---- the simulator ----

# One seed of so many room-seconds; without a seed, random ones for half a minute.
ROOM_S ?= 1000
sim: $(B)/sim
	$(Q)$(B)/sim $(if $(SEED),$(SEED),--seconds 30) $(ROOM_S)

# ---- fuzzing ----

# The parsers alone, so that the instrumented build stays small.
FUZZ_SOURCES := $(wildcard lib/*/*_fuzz.c cmd/*_fuzz.c client/terminal/*_fuzz.c)
FUZZED := $(filter lib/base/%.c lib/crypto/%.c lib/proto/%.c lib/room/%.c lib/media/%.c,$(LIB_SOURCES)) \
	$(wildcard lib/bot/scenario*.c) lib/rtc/ice_candidate.c lib/rtc/rtp.c lib/rtc/sdp.c \
	lib/rtc/sdp_print.c $(addprefix lib/server/,chunks.c routes.c tus_headers.c) lib/store/content_check.c \
	$(addprefix lib/analysis/,chat.c findings_take.c quotation.c stt_read.c) \
	$(addprefix client/terminal/,orders.c text_unistring.c words_intl.c) \
	$(addprefix cmd/,args.c config.c help.c input.c print.c suggest.c)
FUZZ_OBJECTS := $(patsubst %.c,$(B)/%.o,$(filter-out %_test.c %_bench.c %_fuzz.c,$(FUZZED)))
FUZZ_TARGETS := $(FUZZ_SOURCES:%.c=$(B)/%)
FUZZ_MAKE = $(MAKE) --no-print-directory -j2 B=build-fuzz CC=clang SAN=address,undefined \
	CFLAGS='-g -fsanitize=fuzzer-no-link' fuzz-built
SECONDS ?= 60

# Each target for that many seconds, two at a time; what is found goes to build-fuzz/found.
fuzz:
	$(Q)$(FUZZ_MAKE)
	$(Q)SECONDS_EACH=$(SECONDS) .ci/fuzz build-fuzz $(TARGET)

fuzz-built: $(FUZZ_TARGETS)

$(B)/libfuzzed.a: $(FUZZ_OBJECTS)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

$(FUZZ_TARGETS): %_fuzz: %_fuzz.o $(B)/libfuzzed.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

# Everything through clang's warnings as well; what is fuzzed goes through them there.
clang: $(filter-out $(FUZZ_OBJECTS),$(LIB_OBJECTS) $(CMD_OBJECTS) $(GEN_OBJECTS) $(RECOGNISER_OBJECTS) $(TESTS:%=%.o))

valgrind: $(B)/debate
	$(Q)DEBATE_BIN=$(B)/debate .ci/valgrind

# ---- what is made from the source and committed ----

# The program that knows the table: debate's objects with another main.
$(B)/debate-gen: $(GEN_OBJECTS) $(filter-out %/main.o,$(CMD_OBJECTS)) $(B)/libdebate.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

gen: $(B)/debate-gen
	$(Q)GEN=$(B)/debate-gen .ci/gen .

gen-check: $(B)/debate-gen
	$(Q)GEN=$(B)/debate-gen .ci/gen-check $(B)/fresh

# ---- installing ----

install: all $(B)/libdebate.a
	$(Q).ci/install install $(B) '$(PREFIX)' '$(DESTDIR)'

uninstall:
	$(Q).ci/install uninstall $(B) '$(PREFIX)' '$(DESTDIR)'

# ---- the soak; `make check` has a short one ----

soak: $(B)/lib/server/server_soak_test $(B)/debate
	$(Q)DEBATE_BIN=$(B)/debate SOAK_S=$(or $(SOAK_S),600) SOAK_ROOMS=1000 $<

# ---- the unit, under a real systemd ----

systemd-test: all
	$(Q).ci/systemd-test $(B)

# ---- benchmarks ----

bench: $(BENCHES) $(B)/debate
	$(Q)set -e; for bench in $(BENCHES); do echo "$$bench"; DEBATE_BIN=$(B)/debate $$bench; done

# MODES="fan-out relay" runs these alone.
bench-server: $(B)/lib/server/server_load_bench $(B)/debate
	$(Q)DEBATE_BIN=$(B)/debate $< $(MODES)

bench-voice bench-bot: bench-%: $(B)/lib/bot/voice_bench $(B)/debate
	$(Q)DEBATE_BIN=$(B)/debate $< $*

bench-analysis: $(B)/lib/analysis/analysis_bench
	$(Q)$< $(MINUTES)

bench-page: $(B)/debate
	$(Q)DEBATE_BIN=$(B)/debate node client/web/testing/bench.mjs

# ---- the demonstration ----

# The demonstration takes no browser.
demo: WEB = 0
demo: deps
	$(Q)$(MAKE) --no-print-directory demo-built

demo-built:
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/debate
	$(Q)DEBATE_BIN=$(B)/debate .ci/demo

deps:
	$(Q).ci/deps

clean:
	rm -rf build build-*/ demo

-include $(shell find $(B) -name '*.d' 2>/dev/null)
.SECONDARY:
