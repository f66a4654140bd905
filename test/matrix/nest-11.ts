import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where Nest 11 is: its latest version, unless the variable NEST_FOLDER names another folder. */
const folder = process.env.NEST_FOLDER ?? fileURLToPath(new URL('./nest-11/node_modules', import.meta.url));

/** Packages that hold state of their own, so that Nest 11 and the specs must mean the same copy. */
const SHARED = [
  'rxjs',
  'reflect-metadata',
  'class-validator',
  'class-transformer',
  'bullmq',
  'graphql',
  '@apollo/server',
];

/**
 * Aliases that make the specs, and the library they import, run on Nest 11 instead of the repository's own Nest. BullMQ is that of the
 * folder which the variable BULLMQ names, if any.
 */
export function nest11Aliases(): { find: RegExp; replacement: string }[] {
  if (!existsSync(folder)) {
    throw new Error('Nest 11 is not installed: npm ci --prefix test/matrix/nest-11');
  }
  const packages = [...readdirSync(`${folder}/@nestjs`).map((name) => `@nestjs/${name}`), ...SHARED];
  const other = process.env.BULLMQ;
  const placeOf = (name: string): string =>
    other && /^(@nestjs\/)?bullmq$/.test(name) ? `${other}/node_modules` : folder;
  return packages.map((name) => ({
    find: new RegExp(`^${name}(?=/|$)`),
    replacement: `${placeOf(name)}/${name}`,
  }));
}
