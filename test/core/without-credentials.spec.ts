import { expect, it } from 'vitest';
import { withoutCredentials } from '../../lib/core/common/without-credentials.js';

it.each([
  ['redis://prod:6379/1', 'redis://prod:6379/1'],
  ['redis://:p4ss@prod', 'redis://***@prod'],
  ['redis://a@b:p4ss@prod', 'redis://***@prod'],
  ['ops:p4ss@prod', '***@prod'],
  ['redis://prod?password=p4ss', 'redis://prod?***'],
  ['https://prod/maintenance#p4ss', 'https://prod/maintenance?***'],
  ['redis://:p4ss@prod?db=1', 'redis://***@prod?***'],
  // a password that was not encoded, or a query: both may be secret
  ['redis://:p4?ss@prod', 'redis://***'],
  ['https://ops:p4#ss@prod/x', 'https://***'],
  ['redis://prod?password=p@ss', 'redis://***'],
  ['', ''],
])('%s is shown as %s', (url, shown) => {
  expect(withoutCredentials(url)).toBe(shown);
});
