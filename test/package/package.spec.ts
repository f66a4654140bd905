import { readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mentionedPackages, packagesIn } from './declarations.js';
import { manifest, optionalPeers, PackedPackage, requiredPeers } from './packed.js';

let packed: PackedPackage;

beforeAll(async () => {
  packed = await PackedPackage.create();
}, 60_000);

afterAll(() => packed?.remove());

describe('the tarball', () => {
  it('contains the build and the documents, and nothing else', () => {
    const expected =
      /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/(.+(?<!\.spec)\.(js|d\.ts)|THIRD-PARTY-LICENSES\.txt))$/;
    expect(packed.files.filter((file) => !expected.test(file))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining(['LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts']),
    );
  });

  it('has no script that installers would ask about, or refuse', () => {
    const { scripts } = manifest;
    expect(
      Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare|publish)$/.test(name)),
    ).toEqual([]);
  });

  it('names the licenses of bundled packages', async () => {
    const text = await readFile(join(packed.folder, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
    const names = /^(cookie|negotiator|content-type|croner|rxjs|commander|ms|reflect-metadata|tslib)$/gm;
    expect(text.match(names)).toHaveLength(9);
    expect(text.match(/Permission is hereby granted/g)).toHaveLength(6);
    expect(text.match(/Apache License/g)?.length).toBeGreaterThanOrEqual(2);
  });

  it('is clean for publint', async () => {
    const { clean, output } = await packed.inspect('publint', '--strict');
    expect(clean, output).toBe(true);
  }, 120_000);

  // a strict installer (pnpm, Yarn PnP) lets a package see these only
  it('loads no package that its manifest does not name', () => {
    const named = new Set([...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)]);
    const loaded = packed.files
      .filter((file) => file.endsWith('.js'))
      .flatMap((file) => packagesIn(join(packed.folder, file)).map((name) => `${file}: ${name}`));
    expect(loaded).toContainEqual(expect.stringContaining('@nestjs/core'));
    expect(
      loaded.filter((line) => {
        const [, name = ''] = line.split(': ');
        return !named.has(name) && !isBuiltin(name);
      }),
    ).toEqual([]);
  });

  it('has correct types for every way to import it', async () => {
    const args = ['--profile', 'esm-only', '--ignore-rules', 'cjs-resolves-to-esm'];
    const { clean, output } = await packed.inspect('attw', ...args);
    expect(clean, output).toBe(true);
  }, 120_000);
});

const imports = `
  import { Controller, Get, Module } from '@nestjs/common';
  import { NestFactory } from '@nestjs/core';
  import * as library from 'nestjs-maintenance';`;
const requires = `
  const { Controller, Get, Module } = require('@nestjs/common');
  const { NestFactory } = require('@nestjs/core');
  const library = require('nestjs-maintenance');`;

/** Entries that are of use beside another package only. */
const INTEGRATIONS = { './bullmq': '@nestjs/bullmq' };

/** The two ways to load it, for `describe.each`. */
const ways = [
  ['imported', 'app.mjs', imports],
  ['required from CommonJS', 'app.cjs', requires],
] as const;

describe.each(ways)('an application without the optional peers, %s', (_way, file, head) => {
  /** Runs it until it ends by itself. */
  const run = (source: string) => packed.run(file, head + source);

  it('starts without the features that need them, responds, and exits by itself', async () => {
    const printed = await run(`
      const { MaintenanceModule, MaintenanceService, MaintenanceExempt } = library;
      class Hello { get() { return 'hello'; } health() { return 'fine'; } }
      const get = (name) => Object.getOwnPropertyDescriptor(Hello.prototype, name);
      Controller()(Hello);
      Get('hello')(Hello.prototype, 'get', get('get'));
      Get('health')(Hello.prototype, 'health', get('health'));
      MaintenanceExempt()(Hello.prototype, 'health', get('health'));
      class App {}
      Module({ imports: [MaintenanceModule.forRoot({ socket: false, admin: false })], controllers: [Hello] })(App);
      const start = async () => {
        const app = await NestFactory.create(App, { logger: ['error'] });
        await app.listen(0, '127.0.0.1');
        const ask = async (path) => {
          const answer = await fetch('http://127.0.0.1:' + app.getHttpServer().address().port + path);
          return answer.status + ' ' + (answer.headers.get('retry-after') ?? (await answer.text()));
        };
        const said = [await ask('/hello')];
        await app.get(MaintenanceService).setMaintenance(true, 'general', { timeout: 3_600_000 });
        said.push(await ask('/hello'), await ask('/health'), await ask('/maintenance/ping'));
        await app.close();
        console.log(said.join(', '));
      };
      start();`);
    expect(printed).toMatch(/^200 hello, 503 3[56]\d\d, 200 fine, 503 3[56]\d\d$/);
  });

  it('exits by itself even if it is not closed', async () => {
    const printed = await run(`
      const { MaintenanceModule, MaintenanceService } = library;
      const options = MaintenanceModule.forRoot({ socket: false, admin: false });
      NestFactory.createApplicationContext(options, { logger: false }).then(async (app) => {
        const service = app.get(MaintenanceService);
        await service.setMaintenance(true, 'general', { timeout: 3_600_000 });
        await service.maintain('general');
        console.log(service.isInMaintenance().value);
      });`);
    expect(printed).toBe('true');
  });

  const socket = ['@nestjs/websockets', '@nestjs/platform-socket.io'];
  const admin = ['class-validator', 'class-transformer'];

  it.each([
    ['both', '{}', [...socket, ...admin], '{ socket: false, admin: false }'],
    ['the gateway', '{ admin: false }', socket, '{ socket: false }'],
    ['the admin API', '{ socket: false }', admin, '{ admin: false }'],
  ])('does not start with %s on, and the error says what to do', async (_what, options, packages, off) => {
    const printed = await run(`
      const options = { logger: false, abortOnError: false };
      NestFactory.createApplicationContext(library.MaintenanceModule.forRoot(${options}), options).catch(
        (error) => console.log(error.name + ': ' + error.message),
      );`);
    expect(printed).toMatch(/^MaintenanceConfigurationError: /);
    const named = packages.map((name) => (name.startsWith('@nestjs/') ? `${name}@12` : name));
    expect(printed).toContain(`npm install ${named.join(' ')}, or switch off with ${off}.`);
  });

  it('does not start with Redis on: the error names what to install', async () => {
    const printed = await run(`
      const { MaintenanceModule } = library;
      const options = { redis: 'redis://127.0.0.1:1', socket: false, admin: false };
      const settings = { logger: false, abortOnError: false };
      NestFactory.createApplicationContext(MaintenanceModule.forRoot(options), settings).then(
        () => console.log('started'),
        (error) => console.log(error.name + ': ' + error.message),
      );`);
    expect(printed).toMatch(
      /^MaintenanceConfigurationError: .*"redis".* ioredis.*cache-manager-ioredis-yet|^MaintenanceConfigurationError: .*"redis".*cache-manager-ioredis-yet.* ioredis/,
    );
  });
});

describe('an application without the optional peers', () => {
  it('has one copy of the library, however it is loaded', async () => {
    const source = `
      const required = require('nestjs-maintenance');
      import('nestjs-maintenance').then(({ MaintenanceModule }) => {
        console.log(MaintenanceModule === required.MaintenanceModule);
      });`;
    expect(await packed.run('both.cjs', source)).toBe('true');
  });

  it('loads nothing at the start that is needed only later', async () => {
    // at once and in order, from the thread that hooks run on, too
    const note = (what: string) => `writeSync(1, ${what} + ' ');`;
    const hook = `import { writeSync } from 'node:fs';
      export async function load(url, context, next) { ${note('url')} return next(url, context); }`;
    const printed = await packed.run(
      'loads.mjs',
      `import { writeSync } from 'node:fs';
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}));
      const { NestFactory } = await import('@nestjs/core');
      const { MaintenanceModule, MaintenanceService } = await import('nestjs-maintenance');
      const options = { socket: false, admin: false };
      const app = await NestFactory.create(MaintenanceModule.forRoot(options), { logger: false });
      await app.init();
      ${note("'started'")}
      await app.get(MaintenanceService).setMaintenance(true);
      await app.close();`,
    );
    const [before = '', after = ''] = printed.split(' started ');
    const later = /cache-manager|keyv|class-validator|socket\.io|ioredis|node:cluster|redis-store/;
    expect(before).toContain('nestjs-maintenance/dist/index.js');
    expect(before.split(' ').filter((url) => later.test(url))).toEqual([]);
    expect(after).toContain('cache-manager');
  });

  it('can load every entry', async () => {
    const entries = Object.keys(manifest.exports).filter(
      (entry) => !entry.endsWith('.json') && !(entry in INTEGRATIONS),
    );
    const names = entries.map((entry) => entry.replace('.', manifest.name));
    const source = names.map((name) => `require('${name}');`).join('\n') + `console.log('loaded')`;
    expect(await packed.run('entries.cjs', source)).toBe('loaded');
  });

  it.each(Object.entries(INTEGRATIONS))('learns from %s which package it is for', async (entry, name) => {
    const source = `import('${entry.replace('.', manifest.name)}').catch(({ message }) => console.log(message));`;
    expect(await packed.run('integration.mjs', source)).toContain(`'${name}'`);
  });

  it('finds every type of the main entry', () => {
    const mentioned = mentionedPackages(join(packed.folder, 'dist/index.d.ts'));
    expect(mentioned).toContain('@nestjs/common');
    expect(optionalPeers.filter((name) => mentioned.has(name))).toEqual([]);

    // A dependency whose types are a package of their own brings none to an application.
    const typed = Object.keys(manifest.dependencies).filter(
      (name) => !(`@types/${name}` in manifest.devDependencies),
    );
    const installed = new Set([...requiredPeers, ...typed]);
    const strangers = [...mentioned].filter((name) => !installed.has(name) && !name.startsWith('node:'));
    expect(strangers).toEqual([]);
  });
});
