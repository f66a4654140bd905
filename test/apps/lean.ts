// Starts the module with the structural options it is given, and tells which packages have been loaded.
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule } from 'nestjs-maintenance';
import { createRequire } from 'node:module';
import { answer } from '../support/answer.js';

@Module({ imports: [MaintenanceModule.forRoot(JSON.parse(process.argv[2] ?? '{}') as object)] })
class LeanModule {}

const app = await NestFactory.create(LeanModule, { logger: false });
await app.listen(0, '127.0.0.1');
const packages = Object.keys(createRequire(import.meta.url).cache).map(
  (file) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1],
);

answer({}, [...new Set(packages)]);
