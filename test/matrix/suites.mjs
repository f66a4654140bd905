import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The suites that run on every supported Nest and Node: those that start applications in the test's own process. */
export const SUITES = [
  'http',
  'e2e',
  'site',
  'i18n',
  'module',
  'keys',
  'hooks',
  'service',
  'realtime',
  'admin',
  'hostile',
  'matrix',
  'integrations',
  'background',
  'events',
].map((suite) => `test/${suite}/`);

/**
 * Specs that do not differ from one major version of Nest to the other, and take long: walks through pages in Chromium, contents
 * of stores, load. `npm run test:all` runs them on both.
 */
const ALIKE =
  /^test\/(admin\/page.*|hostile\/stores|realtime\/(abuse|status-broadcast|fan-out|live-pages|pages|restarts|floods|storm))\.spec\.ts$/;

/** Imports of values: `import type` loads nothing. */
const IMPORTS =
  /(?:^|\n)\s*(?:import|export)(?! type\b)[^'"`;]*?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;

/**
 * Whether a file, or one that it imports, loads Nest in its own process. The processes that specs start run the library as it was
 * compiled, with the repository's own Nest.
 * @param {string} file
 * @param {Set<string>} seen
 * @returns {boolean}
 */
function loadsNest(file, seen) {
  if (seen.has(file)) return false;
  seen.add(file);
  return [...readFileSync(file, 'utf8').matchAll(IMPORTS)].some(([, one, other]) => {
    const name = one ?? other ?? '';
    if (!name.startsWith('.'))
      return name.startsWith('@nestjs/') || /^nestjs-maintenance(\/bullmq)?$/.test(name);
    const imported = join(dirname(file), name.replace(/\.js$/, '.ts'));
    return existsSync(imported) && loadsNest(imported, seen);
  });
}

/** The files of these suites that can differ from one major version of Nest to the other. */
export function specsThatDiffer() {
  return SUITES.flatMap((suite) =>
    readdirSync(`${root}${suite}`, { recursive: true })
      .map((file) => `${suite}${file}`)
      .filter((file) => file.endsWith('.spec.ts') && !ALIKE.test(file))
      .filter((file) => loadsNest(`${root}${file}`, new Set())),
  );
}
