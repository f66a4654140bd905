// Starts the module with the structural options it is given, changes something by the admin API if asked to, and tells which packages
// have been loaded.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule } from 'nestjs-maintenance';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { answer } from '../support/answer.js';

const options = JSON.parse(process.argv[2] ?? '{}') as object;

@Module({ imports: [MaintenanceModule.forRoot({ permissions: () => true, ...options })] })
class LeanModule {}

const app = await NestFactory.create(LeanModule, { logger: false });
await app.listen(0, '127.0.0.1');
if (process.argv[3] === 'true') {
  const { port } = app.getHttpServer().address() as AddressInfo;
  await fetch(`http://127.0.0.1:${port}/maintenance/keys/general`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"mode":true}',
  });
}
const packages = Object.keys(createRequire(import.meta.url).cache).map(
  (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1],
);

answer({}, [...new Set(packages)]);
