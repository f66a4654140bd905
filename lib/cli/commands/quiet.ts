import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { parseDuration } from '../time.js';
import { printRunning, quietJson } from './quiet-table.js';

export const quiet: Work<{ readonly wait?: string }> = async ({ options, out, open }, key = 'general') => {
  const wait = options.wait === undefined ? 0 : parseDuration(options.wait, '--wait');
  const backend = await open();
  const { value } = await backend.key(key);
  const found = await backend.quiet(key, wait);
  out.result({ key, maintenance: value, ...quietJson(found) }, () => {
    printRunning(out, found);
    if (!value) {
      out.line(`${key} is open: new calls may start at any time.`);
    }
  });
  return found.quiet ? EXIT.done : EXIT.undrained;
};
