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
].map((suite) => `test/${suite}/`);
