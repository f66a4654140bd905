import type { GateKeeper } from './worker-gate.js';

/** A worker that was created without a gate: by the provider of its queue, together with that. */
export interface UnguardedWorker {
  readonly queue: string;
  readonly connection: unknown;
  /** Gives it a gate. */
  guard(keeper: GateKeeper): void;
  /** Sets it going once, if its options say so. */
  start(): void;
}

/** Whether a worker belongs to an application. */
type Claim = (worker: UnguardedWorker) => boolean;

const unguarded = new Set<WeakRef<UnguardedWorker>>();
const owned = new WeakMap<object, UnguardedWorker>();
const claims = new Set<Claim>();

/**
 * Remembers a worker that was created without a gate. It starts by itself, unless an application that is starting claims it: that
 * application lets it go on with a gate.
 */
export function remember(worker: object, entry: UnguardedWorker): void {
  const reference = new WeakRef(entry);
  unguarded.add(reference);
  // lives as long as its worker
  owned.set(worker, entry);
  // Nest has its queue only when the provider has returned
  setImmediate(() => {
    if (![...claims].some((isClaimed) => isClaimed(entry))) {
      entry.start();
    }
  });
}

/**
 * Until it is settled, workers that the application claims wait.
 * @returns settles the claim: gives its workers, which are to be guarded and started
 */
export function claimWorkers(claim: Claim): () => readonly UnguardedWorker[] {
  claims.add(claim);
  return () => {
    claims.delete(claim);
    return [...unguarded].flatMap((reference) => {
      const worker = reference.deref();
      if (worker && !claim(worker)) {
        return [];
      }
      unguarded.delete(reference);
      return worker ? [worker] : [];
    });
  };
}
