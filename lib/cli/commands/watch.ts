import { setTimeout as delay } from 'node:timers/promises';
import type { Work } from '../cli.js';
import type { WatchEvent } from '../backend/backend.js';
import { EXIT } from '../exit.js';
import { counted, plain } from '../output.js';
import { describeKey, describeProgress } from './shared.js';
import { Polls, type Polled } from './watch-polls.js';
import { describeWindow } from './window-table.js';

/** Milliseconds between two looks at what nobody announces. */
const LOOK_INTERVAL = 1_000;
/** Calls that are named in one line. */
const NAMED = 3;

type Told = WatchEvent | Polled;

export const watch: Work<object> = async ({ out, open, interrupted }, given) => {
  const names = new Set([given ?? []].flat());
  const concerns = (key: string): boolean => names.size === 0 || names.has(key);
  const backend = await open();
  const signal = interrupted();
  const tell = (event: Told): void => {
    if (signal.aborted || (event.type === 'change' && !concerns(event.key.name))) {
      return;
    }
    if (out.json) {
      out.jsonLine({ at: new Date().toISOString(), ...event });
    } else {
      out.line(`${out.style('dim', new Date().toTimeString().slice(0, 8))}  ${plain(sentence(event))}`);
    }
  };
  const keys =
    names.size > 0 ? await Promise.all([...names].map((name) => backend.key(name))) : await backend.keys();
  keys.forEach((key) => tell({ type: 'change', key }));
  const polls = new Polls(backend, concerns, tell);
  const polling = async (): Promise<void> => {
    while (!signal.aborted) {
      await polls.look();
      await delay(LOOK_INTERVAL, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([backend.watch(keys, tell, signal), polling()]);
  return EXIT.done;
};

function sentence(event: Told): string {
  switch (event.type) {
    case 'change': {
      const { message } = event.key;
      return describeKey(event.key) + (event.key.value && message ? ` "${message}"` : '');
    }
    case 'replica': {
      const { host, pid, state, inFlight } = event;
      const serves = state === 'running' ? `, with ${counted(inFlight, 'request')} in flight` : '';
      return `${host} (pid ${pid}) is ${state}${serves}.`;
    }
    case 'window':
      return event.state === 'gone'
        ? `Window ${event.window.id} of ${event.window.key} is over or cancelled.`
        : (describeWindow(event.window)[0] ?? '');
    case 'progress':
      return `${event.key}: ${describeProgress(event.progress)}.`;
    case 'running': {
      const { key, quiet, running } = event;
      const some = running.slice(0, NAMED).map(({ host, pid, route }) => `${route} on ${host}:${pid}`);
      const more = running.length > NAMED ? `, and ${running.length - NAMED} more` : '';
      return quiet
        ? `${key} is quiet: nothing that it refuses is running.`
        : running.length === 0
          ? `${key} is not quiet yet: a replica has not applied the change, or is silent.`
          : `${key} is not quiet yet: ${some.join(', ')}${more}.`;
    }
    case 'connection':
      return event.up ? 'Connected again.' : `Connection lost: ${event.error ?? ''}`;
  }
}
