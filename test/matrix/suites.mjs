import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

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

/** The files of these suites that can differ from one major version of Nest to the other. */
export function specsThatDiffer() {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  return SUITES.flatMap((suite) =>
    readdirSync(`${root}${suite}`, { recursive: true })
      .map((file) => `${suite}${file}`)
      .filter((file) => file.endsWith('.spec.ts') && !ALIKE.test(file)),
  );
}
