import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { mentionedPackages } from './declarations.js';
import { manifest, optionalPeers, PackedPackage } from './packed.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** What a script has installed beside the package. */
const SCRIPT = ['rxjs', 'reflect-metadata', 'cache-manager', 'ioredis'];

let packed: PackedPackage;
let server: RedisServer;
let folder: string;

/** A folder with the packed package and those packages, and nothing else that could be reached. */
async function install(name: string, packages: readonly string[]): Promise<string> {
  const app = join(folder, name);
  await mkdir(join(app, 'node_modules'), { recursive: true });
  await cp(packed.folder, join(app, 'node_modules', manifest.name), { recursive: true });
  await writeFile(join(app, 'package.json'), '{ "type": "module" }');
  for (const each of packages) {
    const link = join(app, 'node_modules', each);
    await mkdir(dirname(link), { recursive: true });
    await symlink(await realpath(`${root}node_modules/${each}`), link);
  }
  return app;
}

beforeAll(async () => {
  [packed, server] = await Promise.all([PackedPackage.create(), RedisServer.start()]);
  folder = await mkdtemp(join(tmpdir(), 'maintenance-without-nest-'));
}, 60_000);
afterAll(async () => {
  await packed?.remove();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

it('a script works without Nest', async () => {
  const app = await install('script', SCRIPT);
  const program = `
    import { createMaintenance, MaintenanceKey } from 'nestjs-maintenance/standalone';
    const nest = await import('@nestjs/common').then(() => 'reachable', (error) => error.code);
    const maintenance = await createMaintenance({ redis: ${JSON.stringify(server.url)}, keys: [new MaintenanceKey('billing')] });
    const inside = await maintenance.maintain('billing', () => maintenance.isActive('billing'));
    await maintenance.close();
    console.log(JSON.stringify({ nest, inside, after: maintenance.isActive() }));`;
  await writeFile(join(app, 'main.js'), program);
  const { stdout } = await run(process.execPath, ['main.js'], { cwd: app });
  expect(JSON.parse(stdout)).toEqual({ nest: 'ERR_MODULE_NOT_FOUND', inside: true, after: false });
}, 60_000);

it('the command line works with only ioredis, and can be called by name', async () => {
  const app = await install('operator', ['ioredis']);
  const { bin } = manifest as unknown as { bin: Record<string, string> };
  const main = join(app, 'node_modules', manifest.name, bin['nestjs-maintenance'] as string);
  const cli = (...args: string[]) =>
    run(process.execPath, [main, ...args], { env: { ...process.env, MAINTENANCE_REDIS_URL: server.url } });
  expect((await cli('on', 'general', '1h')).stdout).toContain('general is in maintenance until');
  const { stdout } = await cli(
    'run',
    'general',
    '--drain',
    'none',
    '--',
    'sh',
    '-c',
    'echo $MAINTENANCE_KEY',
  );
  expect(stdout).toBe('general\n');
  expect((await cli('off')).stdout).toBe('general is open.\n');
  expect((await cli('page')).stdout).toMatch(/^<!doctype html>/);
}, 60_000);

it('a missing driver is named, with the command that adds it, and without the password', async () => {
  const app = await install('npx', []);
  const main = join(app, 'node_modules', manifest.name, 'dist/cli/main.js');
  const args = [main, 'on', 'general', '-m', "It's us", '--redis', 'redis://:secret@127.0.0.1:1'];
  const failed = await run(process.execPath, args).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 2 });
  const { stderr } = failed as { stderr: string };
  expect(stderr).toContain(
    `Set MAINTENANCE_REDIS_URL to the address and run: npx -p nestjs-maintenance -p ioredis nestjs-maintenance on general -m 'It'\\''s us' --redis "$MAINTENANCE_REDIS_URL"`,
  );
  expect(stderr).not.toContain('secret');
});

it('the types of standalone need neither Nest nor optional peers', () => {
  const mentioned = mentionedPackages(join(packed.folder, 'dist/standalone/index.d.ts'));
  expect([...mentioned].filter((name) => name.startsWith('@nestjs/'))).toEqual([]);
  expect(optionalPeers.filter((name) => mentioned.has(name))).toEqual([]);
});
