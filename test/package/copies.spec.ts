import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { manifest, PackedPackage } from './packed.js';

/** A package of a workspace that has a copy of its own, as npm and pnpm install it beside other versions or peers. */
const billing = `
import { Controller, Get, Injectable } from '@nestjs/common';
import { MaintenanceExempt, MaintenanceKey, MaintenanceKeys, OnMaintenance, RegisterMaintenanceKey, SkipDuringMaintenance } from 'nestjs-maintenance';

const decorate = (cls, kind, name, ...decorators) => {
  Object.defineProperty(cls, 'name', { value: name });
  const method = Object.getOwnPropertyDescriptor(cls.prototype, 'run');
  const made = Reflect.decorate(decorators, cls.prototype, 'run', method);
  Object.defineProperty(cls.prototype, 'run', made ?? method);
  return Reflect.decorate([kind], cls);
};
export const classes = [
  decorate(class { run() {} }, Controller(), 'Invoices', Get(), MaintenanceKeys('billing')),
  decorate(class { run() {} }, Controller(), 'Health', Get('health'), MaintenanceExempt()),
  decorate(class { run() {} }, Injectable(), 'Crons', SkipDuringMaintenance()),
  decorate(class { run() {} }, Injectable(), 'Hooks', OnMaintenance('entering')),
  decorate(class { run() {} }, Injectable(), 'Keys', RegisterMaintenanceKey()),
  Reflect.decorate([RegisterMaintenanceKey('orders')], class Orders extends MaintenanceKey {}),
  Reflect.decorate([Controller('all'), MaintenanceKeys('billing')], class All {}),
  decorate(class { run() {} }, Injectable(), 'Plain'),
];
classes.push(class Derived extends classes[0] {});
export const key = new MaintenanceKey('billing');
`;

const main = `
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { MaintenanceKey, MaintenanceKeys, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { classes, key } from 'billing';

async function start(options, metadata) {
  const module = MaintenanceModule.forRoot({ socket: false, admin: false, redis: false, ...options });
  const Root = Reflect.decorate([Module({ imports: [module], ...metadata })], class Root {});
  const app = await NestFactory.createApplicationContext(Root, { logger: false, abortOnError: false }).catch((error) => error);
  await app.close?.();
  return app.message ?? 'starts';
}
const keys = [new MaintenanceKey('billing', { scope: 'marked' })];
const found = {};
for (const cls of classes) {
  const isController = Reflect.hasMetadata('path', cls);
  found[cls.name] = await start({ keys }, isController ? { controllers: [cls] } : { providers: [cls] });
}
found.key = await start({ keys: [key] }, {});
try { MaintenanceKeys(key); } catch (error) { found.decorator = error.message; }

const logged = [];
const module = MaintenanceModule.forRoot({ socket: false, admin: false, redis: false });
const logger = { log() {}, warn() {}, error: (text) => logged.push(text) };
const app = await NestFactory.createApplicationContext(module, { logger });
await app.get(LazyModuleLoader).load(() => ({ module: class Lazy {}, providers: [classes[2]] }));
const service = app.get(MaintenanceService);
const { to } = await service.setMaintenance(true);
await service.setMaintenance(false);
await app.close();
console.log(JSON.stringify({ found, lazy: { to, logged } }));
`;

let packed: PackedPackage;
beforeAll(async () => {
  packed = await PackedPackage.create();
  const folder = join(packed.app, 'node_modules/billing');
  await mkdir(join(folder, 'node_modules'), { recursive: true });
  await cp(packed.folder, join(folder, 'node_modules', manifest.name), { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "main": "index.js" }');
  await writeFile(join(folder, 'index.js'), billing);
}, 60_000);
afterAll(() => packed?.remove());

it('decorators and keys of another copy of the library stop the start: nobody would see them', async () => {
  const { found, lazy } = JSON.parse(await packed.run('main.mjs', main)) as {
    found: Record<string, string>;
    lazy: unknown;
  };
  const foreign = (what: string) =>
    `${what} is of another copy of nestjs-maintenance than MaintenanceModule and would have no effect; accepted: one copy for the whole ` +
    'application ("npm ls nestjs-maintenance" lists them). A package that uses it names it in its peerDependencies.';
  const key = 'an object (MaintenanceKey of another copy of nestjs-maintenance)';
  expect(found).toEqual({
    Invoices: foreign('@MaintenanceKeys() on Invoices.run'),
    Health: foreign('@MaintenanceExempt() on Health.run'),
    Crons: foreign('@SkipDuringMaintenance() on Crons.run'),
    Hooks: foreign('@OnMaintenance() on Hooks.run'),
    Keys: foreign('@RegisterMaintenanceKey() on Keys.run'),
    Orders: foreign('@RegisterMaintenanceKey() on Orders'),
    All: foreign('@MaintenanceKeys() on All'),
    Plain: 'starts',
    Derived: foreign('@MaintenanceKeys() on Invoices.run'),
    key: `Maintenance option "keys" received ${key} at index 0; accepted: an array of MaintenanceKey.`,
    decorator: `Maintenance option "keys of @MaintenanceKeys()" received ${key}; accepted: names of keys or MaintenanceKey objects.`,
  });
  // in a module that is loaded lazily it is an error of the log: keys must still open and close
  expect(lazy).toEqual({ to: true, logged: [foreign('@SkipDuringMaintenance() on Crons.run')] });
}, 60_000);
