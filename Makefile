# What a newcomer types. npm installs node 24 beside the tools, so recipes find it first, whatever node called npm.
# A shell that is named makes old versions of make look for programs in this PATH too.
SHELL := /bin/bash
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

# Shows a command as a reader of the README types it, and runs it.
define settle
	@echo '$$ settle $(1)'
	@node bin/settle.js $(1)
endef

.PHONY: demo demo-workers test test-thorough soak soak-workers soak-challenges bench check fix build kernel docs pictures

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# A real watch log (seeds/samples), from an empty database to the top videos of a day.
demo: export SETTLE_DATABASE_URL = sqlite:build/demo.db
demo: export SETTLE_LOG = warn
demo: node_modules/.package-lock.json
	@mkdir -p build
	@rm -f build/demo.db build/demo.db-wal build/demo.db-shm
	$(call settle,migrate)
	$(call settle,import views seeds/samples/kuairand-watch/views.csv.gz --map viewer_id=user_id --register-videos)
	$(call settle,--date 2022-04-10)
	$(call settle,stats --date 2022-04-10 --top 5)
	$(call settle,verify --date 2022-04-10)
	$(call settle,runs)

# A date settled by three worker processes, one of them killed on its way: test/demo/workers.ts.
demo-workers: node_modules/.package-lock.json
	@node test/demo/workers.ts

# The last line is `N passed, N failed`; a failed check counts as one.
test: node_modules/.package-lock.json
	@check=passed; npm run --silent check || check=failed; \
	SETTLE_TEST_CHECK=$$check vitest run && test $$check = passed

# Every kill, fault and date of the long sweeps on the servers too, where `make test` does a sample of them.
test-thorough: export SETTLE_TEST_THOROUGH = 1
test-thorough: test

# Many random kills (SOAK_KILLS, SETTLE_DATABASE_URL): test/soak/soak.ts says more.
soak: node_modules/.package-lock.json
	node test/soak/soak.ts

# A run on workers under kills, pauses, cut networks and restarts of its database, from a seed: test/soak/nemesis.ts.
soak-workers: node_modules/.package-lock.json
	node test/soak/nemesis.ts

# Challenges at size beside plain loops (SOAK_CHALLENGES, SOAK_MEMBERS, SETTLE_DATABASE_URL): test/soak/challenges.ts.
soak-challenges: node_modules/.package-lock.json
	node test/soak/challenges.ts

# Compares settle with other ways to do the same. Where: SETTLE_DATABASE_URL, an empty database; what: BENCH="copy --rounds 5".
bench: node_modules/.package-lock.json
	@mkdir -p build
	node bin/settle.js bench $(BENCH) --html build/bench.html

check: node_modules/.package-lock.json
	npm run --silent check

fix: node_modules/.package-lock.json
	npm run --silent fix

build: node_modules/.package-lock.json
	npm run --silent build

# The WebAssembly kernel, from its C source: the compiler (100 MB) comes for this command only.
kernel: node_modules/.package-lock.json
	npm exec --yes --package=@yowasp/clang@22.0.0-git20542-10 -- sh -c 'node src/jobs/views/kernel/build.ts "$$PATH"'

# The reference of the library, from its comments, in build/api. typedoc reads types by TypeScript 5, the checkout has 7: both come
# for this command only.
docs: node_modules/.package-lock.json
	npm exec --yes --package=typedoc@0.28 --package=typescript@5.9 -- typedoc

# The pictures of the page, over a database that real runs fill: docs/pictures/page. Needs chromium.
pictures: node_modules/.package-lock.json
	node docs/pictures/page-pictures.ts
