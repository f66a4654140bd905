import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { plain } from '../output.js';
import { formatMoment } from '../time.js';
import { describeKey, KEY_COLUMNS } from './shared.js';

export const status: Work<{ readonly exitCode?: boolean }> = async ({ options, out, open }, given) => {
  const names = [given ?? []].flat();
  const backend = await open();
  const keys =
    names.length === 0 ? await backend.keys() : await Promise.all(names.map((name) => backend.key(name)));
  const store = backend.store();
  out.result({ place: backend.place, maintenance: keys.some(({ value }) => value), store, keys }, () => {
    if (names.length === 1 && keys[0]) {
      out.line(describeKey(keys[0]));
      detailsOf(keys[0]).forEach(([what, text]) => out.line(`  ${what.padEnd(7)}  ${text}`));
    } else {
      out.table(keys, KEY_COLUMNS);
    }
  });
  if (!store.up) {
    const when = store.since === null ? '' : ` since ${formatMoment(store.since)}`;
    out.warn(
      backend.way === 'api'
        ? `${store.error}${when}; this is the last known state.`
        : `Redis can be read, but: ${store.error}`,
    );
  }
  if (!options.exitCode) {
    return EXIT.done;
  }
  if (keys.some(({ value }) => value)) {
    return EXIT.maintenance;
  }
  const unknown = names.length === 0 ? backend.unknown() : [];
  return unknown.length > 0 ? EXIT.failed : EXIT.done;
};

/** What the sentence about a key that is on leaves out. */
function detailsOf({ value, since, actor, message, reason }: MaintenanceKeyJson): [string, string][] {
  const details = { since: since && formatMoment(since), by: actor, message, reason };
  return value
    ? Object.entries(details).flatMap(([what, text]) =>
        text ? [[what, plain(text)] as [string, string]] : [],
      )
    : [];
}
