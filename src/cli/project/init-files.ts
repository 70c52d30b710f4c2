/** What `settle init` writes: a project that runs. Pure. */

export interface InitOptions {
  /** Of the project: lower-case words joined by `-`. */
  readonly name: string;
  /** What npm installs settle from: a version, or the path of a package. */
  readonly settle: string;
}

/** The text of each file, by its path in the project. */
export function initFiles({ name, settle }: InitOptions): Readonly<Record<string, string>> {
  const manifest = {
    name,
    private: true,
    type: 'module',
    engines: { node: '>=24' },
    scripts: { test: "node --test 'jobs/*.test.ts'", check: 'tsc' },
    dependencies: { settle },
    devDependencies: { '@types/node': '^24.0.0', typescript: '>=5.9' },
  };
  return {
    'package.json': json(manifest),
    'settle.config.ts': CONFIG,
    'tsconfig.json': json(TSCONFIG),
    'jobs/hello.ts': JOB,
    'jobs/hello.test.ts': TEST,
    'data/names.csv': 'name\nAda\nGrace\n\nKatherine\n',
    'compose.yaml': COMPOSE,
    '.gitignore': 'node_modules/\ngreetings.csv\nsettle.db*\n.env\n',
    'README.md': readme(name),
  };
}

const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;

const CONFIG = `import { defineConfig } from 'settle/config';

// The database: SETTLE_DATABASE_URL, or sqlite:settle.db in this folder.
export default defineConfig({
  jobs: ['./jobs/*.ts'],
});
`;

/** As Node runs it: types are stripped, nothing is compiled. */
const TSCONFIG = {
  compilerOptions: {
    ...{ target: 'es2024', module: 'nodenext', types: ['node'], strict: true, noEmit: true, skipLibCheck: true },
    ...{ erasableSyntaxOnly: true, verbatimModuleSyntax: true, allowImportingTsExtensions: true },
  },
  include: ['settle.config.ts', 'jobs'],
};

const JOB = `import { defineJob, fileReader, fileWriter, step, text } from 'settle';

const greeting = text({ default: 'Hello', description: 'the first word' });

export default defineJob('hello', { greeting }, [
  step('greet', {
    read: () => fileReader<{ name: string }>({ source: 'data/names.csv', format: { type: 'csv' } }),
    process: ({ name }, _call, { parameters }) => ({ line: \`\${parameters.greeting}, \${name}!\` }),
    write: () => fileWriter({ path: 'greetings.csv', format: { type: 'csv', columns: ['line'] } }),
  }),
]);
`;

const TEST = `import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runInMemory } from 'settle/testing';
import hello from './hello.ts';

test('greets everybody', async () => {
  const run = await runInMemory(hello, { greeting: 'Good morning' });
  assert.equal(run.outcome, 'completed');
  assert.match(readFileSync('greetings.csv', 'utf8'), /Good morning, Ada!/);
});
`;

const COMPOSE = `# \`docker compose up -d --wait\`, then the two lines of README.md.
services:
  mariadb:
    image: mariadb:11.8
    environment:
      MARIADB_DATABASE: settle
      MARIADB_USER: settle
      MARIADB_PASSWORD: settle
      MARIADB_RANDOM_ROOT_PASSWORD: '1'
    ports: ['127.0.0.1:3306:3306']
    healthcheck:
      test: ['CMD', 'healthcheck.sh', '--connect', '--innodb_initialized']
      interval: 2s
      retries: 30
  redis:
    image: redis:8
    ports: ['127.0.0.1:6379:6379']
`;

function readme(name: string): string {
  return `# ${name}

    npm install
    npm test
    npx settle migrate
    npx settle run hello
    npx settle show --last

A job is a module in \`jobs/\` that exports it by default. \`npx settle jobs\` lists them, \`npx settle run hello --help\` tells of a
job's parameters, \`npx settle --help\` of the other commands: restart, stop, skipped, replay, doctor.

Without a setting the database is the file \`settle.db\`. With MariaDB:

    docker compose up -d --wait
    export SETTLE_DATABASE_URL=mariadb://settle:settle@127.0.0.1:3306/settle SETTLE_REDIS_URL=redis://127.0.0.1:6379
    npx settle migrate
`;
}
