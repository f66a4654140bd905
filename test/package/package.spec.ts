import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mentionedPackages } from './declarations.js';
import { manifest, optionalPeers, PackedPackage, requiredPeers } from './packed.js';

let packed: PackedPackage;

beforeAll(async () => {
  packed = await PackedPackage.create();
}, 60_000);

afterAll(() => packed?.remove());

describe('the tarball', () => {
  it('holds what is built and what is to be read, and nothing else', () => {
    const expected = /^(package\.json|README\.md|CHANGELOG\.md|LICENSE|dist\/.+(?<!\.spec)\.(js|d\.ts))$/;
    expect(packed.files.filter((file) => !expected.test(file))).toEqual([]);
    expect(packed.files).toEqual(
      expect.arrayContaining(['LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.d.ts']),
    );
  });

  it('is clean for publint', async () => {
    const { clean, output } = await packed.inspect('publint', '--strict');
    expect(clean, output).toBe(true);
  });

  it('has types that are right for every way to import it', async () => {
    const args = ['--profile', 'esm-only', '--ignore-rules', 'cjs-resolves-to-esm'];
    const { clean, output } = await packed.inspect('attw', ...args);
    expect(clean, output).toBe(true);
  });
});

describe('an application without the optional peers', () => {
  const start = `
    const { MaintenanceModule, MaintenanceService } = library;
    const options = { logger: ['error', 'warn'] };
    NestFactory.createApplicationContext(MaintenanceModule.forRoot(), options).then(async (app) => {
      console.log(app.get(MaintenanceService).isInMaintenance().value);
      await app.close();
    });`;

  it('imports it', async () => {
    const source = `
      import { NestFactory } from '@nestjs/core';
      import * as library from 'nestjs-maintenance';
      ${start}`;
    expect(await packed.run('app.mjs', source)).toBe('false');
  });

  it('requires it from CommonJS', async () => {
    const source = `
      const { NestFactory } = require('@nestjs/core');
      const library = require('nestjs-maintenance');
      ${start}`;
    expect(await packed.run('app.cjs', source)).toBe('false');
  });

  it('has one copy, however it is loaded', async () => {
    const source = `
      const required = require('nestjs-maintenance');
      import('nestjs-maintenance').then(({ MaintenanceModule }) => {
        console.log(MaintenanceModule === required.MaintenanceModule);
      });`;
    expect(await packed.run('both.cjs', source)).toBe('true');
  });

  it('can load every entry', async () => {
    const entries = Object.keys(manifest.exports).filter((entry) => !entry.endsWith('.json'));
    const names = entries.map((entry) => entry.replace('.', manifest.name));
    const source = names.map((name) => `require('${name}');`).join('\n') + `console.log('loaded')`;
    expect(await packed.run('entries.cjs', source)).toBe('loaded');
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
