import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { describeKey, KEY_COLUMNS } from './shared.js';

export const status: Work<{ readonly exitCode?: boolean }> = async ({ options, out, open }, given) => {
  const names = [given ?? []].flat();
  const backend = await open();
  const keys =
    names.length === 0 ? await backend.keys() : await Promise.all(names.map((name) => backend.key(name)));
  out.result({ place: backend.place, maintenance: keys.some(({ value }) => value), keys }, () => {
    if (names.length === 1 && keys[0]) {
      out.line(describeKey(keys[0]));
    } else {
      out.table(keys, KEY_COLUMNS);
    }
  });
  return options.exitCode && keys.some(({ value }) => value) ? EXIT.maintenance : EXIT.done;
};
