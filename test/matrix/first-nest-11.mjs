// Runs specs on the first version of Nest 11 that package.json accepts, on this machine's Node.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { peerDependencies } = createRequire(import.meta.url)('../../package.json');
/** The lowest that is accepted, such as `11.0.0`. */
const first = peerDependencies['@nestjs/core'].split(' || ')[0].slice(1);
const NEST = [
  'common',
  'core',
  'microservices',
  'platform-express',
  'platform-fastify',
  'platform-socket.io',
  'testing',
  'websockets',
];
/** Packages that Nest versions by themselves, in their first version for Nest 11, and what specs share with them. */
const OTHERS = [
  '@nestjs/apollo@13',
  '@nestjs/graphql@13',
  '@nestjs/mercurius@13',
  '@nestjs/platform-ws@11.0.5',
  '@nestjs/serve-static@5.0.0',
  '@nestjs/swagger@11.0.0',
  '@apollo/server@4',
  '@as-integrations/fastify@2',
  'class-transformer@0.5',
  'class-validator@0.14',
  'graphql@16',
  'reflect-metadata@0.2',
  'rxjs@7',
];
/** Specs of what does not depend on later versions of Nest, Express or Fastify. */
const SPECS = [
  'test/e2e/bypass.spec.ts',
  'test/e2e/decorators.spec.ts',
  'test/e2e/guard-order.spec.ts',
  'test/e2e/neighbours.spec.ts',
  'test/e2e/other-transports.spec.ts',
  'test/e2e/own-routes.spec.ts',
  'test/e2e/pages.spec.ts',
  'test/e2e/refusal.spec.ts',
  'test/e2e/what-counts.spec.ts',
  'test/hooks',
  'test/http',
  'test/keys',
  'test/module/module.spec.ts',
  'test/realtime/gateway.spec.ts',
  'test/site/headers.spec.ts',
  'test/site/order.spec.ts',
];

const folder = `${root}.tmp/nest-${first}`;
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}/package.json`, '{ "private": true }');
const packages = [...NEST.map((name) => `@nestjs/${name}@${first}`), ...OTHERS];
execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--legacy-peer-deps', ...packages], {
  cwd: folder,
  stdio: 'inherit',
});
console.log(`Nest ${first}`);
const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...SPECS], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, NEST_MAJOR: '11', NEST_FOLDER: `${folder}/node_modules` },
});
process.exit(status ?? 1);
