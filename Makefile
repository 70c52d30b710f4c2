# What a newcomer types. npm installs node 24 beside the tools, so recipes find it first, whatever node called npm.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

DEMO = SETTLE_DATABASE_URL=sqlite:build/demo.db node bin/settle.js

.PHONY: demo test check fix build

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --no-audit --no-fund
	@touch $@

demo: node_modules/.package-lock.json
	@mkdir -p build
	@rm -f build/demo.db build/demo.db-wal build/demo.db-shm
	$(DEMO) migrate
	$(DEMO) import views seeds/samples/kuairand-watch/views.csv.gz --register-videos
	$(DEMO) --date 2022-04-10
	$(DEMO) stats --date 2022-04-10 --top 5
	$(DEMO) show --last

# The last line is `N passed, N failed`; a failed check counts as one.
test: node_modules/.package-lock.json
	@check=passed; npm run --silent check || check=failed; \
	SETTLE_TEST_CHECK=$$check vitest run || exit 1; \
	test $$check = passed

check: node_modules/.package-lock.json
	npm run --silent check

fix: node_modules/.package-lock.json
	npm run --silent fix

build: node_modules/.package-lock.json
	npm run --silent build
