import { setTimeout as delay } from 'node:timers/promises';
import type { Work } from '../cli.js';
import type { Backend, WatchEvent } from '../backend/backend.js';
import { EXIT } from '../exit.js';
import { plain } from '../output.js';
import { interrupted } from '../interrupted.js';
import { describeKey } from './shared.js';

/** Milliseconds between two looks at the replicas. */
const REPLICAS_INTERVAL = 2_000;

type Told =
  | WatchEvent
  | {
      readonly type: 'replica';
      readonly id: string;
      readonly host: string;
      readonly pid: number;
      readonly state: string;
    };

export const watch: Work<object> = async ({ out, open }, given) => {
  const names = new Set([given ?? []].flat());
  const backend = await open();
  const signal = interrupted();
  const at = (): string => new Date().toTimeString().slice(0, 8);
  const tell = (event: Told): void => {
    if (event.type === 'change' && names.size > 0 && !names.has(event.key.name)) {
      return;
    }
    if (out.json) {
      out.line(JSON.stringify({ at: new Date().toISOString(), ...event }));
    } else {
      out.line(`${out.style('dim', at())}  ${sentence(event)}`);
    }
  };
  const keys =
    names.size > 0 ? await Promise.all([...names].map((name) => backend.key(name))) : await backend.keys();
  keys.forEach((key) => tell({ type: 'change', key }));
  await Promise.all([backend.watch(tell, signal), watchReplicas(backend, tell, signal)]);
  return EXIT.done;
};

async function watchReplicas(
  backend: Backend,
  tell: (event: Told) => void,
  signal: AbortSignal,
): Promise<void> {
  let known = new Map<string, Told & { type: 'replica' }>();
  while (!signal.aborted) {
    const seen = await backend.replicas().catch(() => undefined);
    if (seen && !signal.aborted) {
      const now = new Map(
        seen
          .filter(({ observer }) => !observer)
          .map(({ id, host, pid, silent }) => [
            id,
            { type: 'replica' as const, id, host, pid, state: silent ? 'silent' : 'running' },
          ]),
      );
      for (const [id, replica] of now) {
        if (known.get(id)?.state !== replica.state) {
          tell(replica);
        }
      }
      for (const [id, replica] of known) {
        if (!now.has(id)) {
          tell({ ...replica, state: 'gone' });
        }
      }
      known = now;
    }
    await delay(REPLICAS_INTERVAL, undefined, { signal }).catch(() => undefined);
  }
}

function sentence(event: Told): string {
  switch (event.type) {
    case 'change': {
      const { message } = event.key;
      return describeKey(event.key) + (event.key.value && message ? ` "${plain(message)}"` : '');
    }
    case 'replica':
      return `${plain(event.host)} (pid ${event.pid}) is ${event.state}.`;
    case 'connection':
      return event.up ? 'Connected again.' : `Connection lost: ${plain(event.error ?? '')}`;
  }
}
