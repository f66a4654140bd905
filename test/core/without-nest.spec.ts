import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** What core/ may need: `ioredis` and the adapter only where there is Redis. */
const PACKAGES = [
  'rxjs',
  'croner',
  'cache-manager',
  'reflect-metadata',
  'ioredis',
  'cache-manager-ioredis-yet',
];

let folder: string;

/** The compiled core/ alone, in a folder from which no package but these can be reached. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maintenance-core-'));
  const built = `${root}.tmp/replicas/lib/core`;
  // what an earlier build has left there, and no source makes any more, stays behind
  const hasSource = (file: string) =>
    existsSync(join(root, 'lib/core', relative(built, file)).replace(/\.js$/, '.ts'));
  await cp(built, join(folder, 'core'), { recursive: true, filter: hasSource });
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of PACKAGES) {
    const link = join(folder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await realpath(`${root}node_modules/${name}`), link);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const program = `
import { readdirSync } from 'node:fs';
const files = readdirSync('core', { recursive: true }).filter((file) => file.endsWith('.js'));
for (const file of files) await import('./core/' + file);

const { CacheStore } = await import('./core/store/cache/cache-store.js');
const { KeyRegistry } = await import('./core/keys/key-registry.js');
const { MaintenanceKey } = await import('./core/keys/maintenance-key.js');
const nest = await import('@nestjs/common').then(() => 'reachable', (error) => error.code);
const registry = new KeyRegistry();
registry.add(new MaintenanceKey('billing'), 'the script');
console.log(JSON.stringify({ nest, files: files.length, keys: registry.all().map(String), kind: new CacheStore().kind }));
`;

it('every file of core/ can be imported without Nest', async () => {
  await writeFile(join(folder, 'main.js'), program);
  const { stdout } = await run(process.execPath, ['main.js'], { cwd: folder });
  const seen = JSON.parse(stdout) as { nest: string; files: number; keys: string[]; kind: string };
  expect(seen).toMatchObject({ nest: 'ERR_MODULE_NOT_FOUND', keys: ['general', 'billing'] });
  expect(seen.files).toBeGreaterThan(50);
});
