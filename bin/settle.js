#!/usr/bin/env node
// Launcher: old syntax only, so that an old Node can read it and say what is missing. The program is settle.ts.
// Nobody may be listening; the exit code is the same.
function complain(line) {
  process.stderr.on('error', () => {});
  process.stderr.write(line);
}

var major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  complain(
    'settle needs Node.js 24 or newer; this is ' +
      process.version +
      '. In a checkout, npm run settle -- brings its own.\n',
  );
  process.exit(2);
}

// By default V8 lets the young generation grow to some 130 MB before it collects; what a run needs is a few. The limit
// can only be set when a process starts, so it starts over once, as the same process. What only looks is not worth the
// 30 ms. A service makes the garbage of many answers at once: with 16 MB an answer takes a quarter less than with 4.
var words = process.argv.slice(2).join('\n');
var youngHeap = /^serve$/m.test(words) ? '--max-semi-space-size=16' : '--max-semi-space-size=4';
// glibc keeps freed buffers of threads for itself, unless told before a process starts; other systems read none of this.
// What we set is taken back for the processes that we start.
var allocator = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };
var SET_BY_US = 'SETTLE_ALLOCATOR';
var environment = Object.assign({}, process.env);
var allocatorIsSet = Object.keys(allocator).some((name) => name in environment);
var isHelp = process.argv.length < 3 || /^(-h|--help|help|-V|--version)$/m.test(words);
var onlyLooks =
  /^(abandon|challenge|close|completion|doctor|explain|init|jobs|migrate|purge|recover|runs|settlement|show|skipped|stats|stop)$/m;
// Descriptors that the caller has opened do not outlive starting over.
var namesDescriptor = /^\/(dev|proc\/self)\/fd\//m;
if (
  !isHelp &&
  !onlyLooks.test(words) &&
  !namesDescriptor.test(words) &&
  typeof process.execve === 'function' &&
  process.execArgv.indexOf(youngHeap) < 0
) {
  if (!allocatorIsSet) Object.assign(environment, allocator, { [SET_BY_US]: '1' });
  process.execve(
    process.execPath,
    [process.execPath, youngHeap].concat(process.execArgv, process.argv.slice(1)),
    environment,
  );
}
if (process.env[SET_BY_US] !== undefined) {
  Object.keys(allocator)
    .concat(SET_BY_US)
    .forEach((name) => {
      delete process.env[name];
    });
}

// A report of Node's (--report-on-fatalerror and the like) would hold the environment, and with it the passwords.
if (process.report) process.report.excludeEnv = true;

// Compiled code is kept in a folder of the user's own: the second start is faster. Without one, nothing happens. Where
// NODE_COMPILE_CACHE names a folder, Node has begun with it already.
Promise.all([import('node:module'), import('./compile-cache.js')])
  .then((modules) => {
    var folder = process.env.NODE_COMPILE_CACHE ? undefined : modules[1].ownCacheFolder();
    if (folder !== undefined) modules[0].enableCompileCache(folder);
    return import('node:fs');
  })
  .then((fs) => {
    var source = new URL('./settle.ts', import.meta.url);
    // The published package has JavaScript only: Node strips no types below node_modules.
    return import(fs.existsSync(source) ? source.href : new URL('../dist/bin/settle.js', import.meta.url).href);
  })
  .catch((error) => {
    complain(`settle: cannot start: ${String(error?.message)}\n`);
    process.exitCode = 1;
  });
