// Builds the package, compiles library and benchmarks into .tmp/bench, then runs the one that is named: `node test/bench/run.mjs main|soak`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [name = 'main', ...args] = process.argv.slice(2);

// a package under the library's name: what the applications import is what was compiled with them
mkdirSync(`${root}.tmp/bench`, { recursive: true });
const exports = {
  '.': './lib/index.js',
  './client': './lib/client/index.js',
  './bullmq': './lib/integrations/bullmq/index.js',
};
const manifest = { name: 'nestjs-maintenance', type: 'module', sideEffects: false, exports };
writeFileSync(`${root}.tmp/bench/package.json`, JSON.stringify(manifest));
const tsc = `${root}node_modules/typescript/bin/tsc`;
execFileSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
execFileSync(process.execPath, [tsc, '-p', 'test/bench/tsconfig.json'], { cwd: root, stdio: 'inherit' });

process.argv.splice(2, process.argv.length, ...args);
await import(`${root}.tmp/bench/test/bench/${name}.js`);
