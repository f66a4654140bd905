import { AsyncLocalStorage } from 'node:async_hooks';

/** How often a hook may be asked about one key within itself. */
const MOST = 10;

/** A `changing` hook that is being asked. */
interface Ask {
  readonly hook: object;
  readonly key: string;
  /** The hook whose change it is asked about. */
  readonly outer: Ask | undefined;
  running: boolean;
}

const asks = new AsyncLocalStorage<Ask>();

/**
 * Asks a hook. One that makes a change of the key it is asked about is asked about that, too; one that always does so would never
 * end, and takes the process with it.
 * @throws what `tooDeep` returns
 */
export async function askNested(
  hook: object,
  key: string,
  ask: () => Promise<unknown>,
  tooDeep: () => Error,
): Promise<void> {
  const own: Ask = { hook, key, outer: running(asks.getStore()), running: true };
  let depth = 0;
  for (let at = own.outer; at; at = running(at.outer)) {
    depth += at.hook === hook && at.key === key ? 1 : 0;
  }
  if (depth >= MOST) {
    throw tooDeep();
  }
  try {
    await asks.run(own, ask);
  } finally {
    own.running = false;
  }
}

/** What a hook has started and left behind is not part of it. */
function running(ask: Ask | undefined): Ask | undefined {
  let at = ask;
  while (at && !at.running) {
    at = at.outer;
  }
  return at;
}
