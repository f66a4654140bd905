import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import * as nest from '@nestjs/common';
import { expect, it } from 'vitest';
import { MaintenanceException } from 'nestjs-maintenance';

const major = Number(process.env.NEST_MAJOR ?? 12);

it(`runs on Nest ${major}, the library and the specs on the same copy`, () => {
  const from = major === 11 ? fileURLToPath(new URL('./nest-11/', import.meta.url)) : import.meta.url;
  const { version } = createRequire(from)('@nestjs/common/package.json') as { version: string };
  expect(version).toMatch(new RegExp(`^${major}\\.`));
  expect(MaintenanceException.prototype).toBeInstanceOf(nest.HttpException);
});
