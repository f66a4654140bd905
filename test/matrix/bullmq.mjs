// Runs the specs of BullMQ with the lowest versions that package.json accepts, on Nest 11; with the latest ones they run there and on
// Nest 12 anyway.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

const root = fileURLToPath(new URL('../..', import.meta.url));
const nest = fileURLToPath(new URL('nest-11/node_modules/', import.meta.url));
/** The same copies as the specs'. */
const SHARED = ['@nestjs/common', '@nestjs/core', 'rxjs', 'reflect-metadata'];

/** @param {string} name of a peer @returns {string[]} the lowest version of each major one */
function lowest(name) {
  const { peerDependencies } = createRequire(import.meta.url)('../../package.json');
  return peerDependencies[name].split(' || ').map((/** @type {string} */ range) => range.slice(1));
}

let failed = false;
const [bull = ''] = lowest('@nestjs/bullmq');
for (const bullmq of lowest('bullmq')) {
  const folder = `${root}.tmp/bullmq-${bullmq}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "private": true }');
  const packages = [`bullmq@${bullmq}`, `@nestjs/bullmq@${bull}`, 'ioredis@5'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--legacy-peer-deps', ...packages], {
    cwd: folder,
    stdio: 'inherit',
  });
  for (const name of SHARED) {
    const link = `${folder}/node_modules/${name}`;
    if (!existsSync(link)) symlinkSync(`${nest}${name}`, link);
  }
  console.log(`@nestjs/bullmq ${bull}, bullmq ${bullmq}`);
  const { status } = spawnSync(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', 'test/integrations/bullmq.spec.ts'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, NEST_MAJOR: '11', BULLMQ: folder } },
  );
  failed ||= status !== 0;
}
process.exit(failed ? 1 : 0);
