import type { Denial, Grant, LeaseRequest, LeaseStore, LinePlace, Waiter } from '../leases.js';

/**
 * Leases within one process. They do not expire: they end with the process, and until then their holder can be asked to let go.
 */
export class LeaseTable implements LeaseStore {
  private readonly tokens = new Map<string, string>();
  private readonly fences = new Map<string, number>();
  private readonly waiters = new Map<string, Waiter>();
  private readonly listeners = new Set<() => void>();
  private last = 0;

  acquire({ names, key, token, floor = 0 }: LeaseRequest, line: LinePlace | null): Promise<Grant | Denial> {
    const ahead = line !== null && this.isBehind(key, token);
    if (ahead || names.some((name) => this.tokens.has(name))) {
      return Promise.resolve(
        line?.waits
          ? this.note({ token, key, open: false, held: line.held })
          : { fence: null, ticket: null, waiters: [], unsure: 0 },
      );
    }
    this.waiters.delete(token);
    // starts at the clock, so that it grows even over a restart of the process
    const fence = Math.max(Math.max(this.fences.get(key) ?? 0, floor) + 1, Date.now());
    this.fences.set(key, fence);
    names.forEach((name) => this.tokens.set(name, token));
    return Promise.resolve({ fence });
  }

  enlist(waiter: Pick<Waiter, 'token' | 'key' | 'held'>): Promise<Denial> {
    return Promise.resolve(this.note({ ...waiter, open: true }));
  }

  renew({ names, token }: LeaseRequest): Promise<boolean> {
    return Promise.resolve(names.every((name) => this.tokens.get(name) === token));
  }

  release(names: readonly string[], token: string): Promise<void> {
    for (const name of names) {
      if (this.tokens.get(name) === token) {
        this.tokens.delete(name);
      }
    }
    this.waiters.delete(token);
    this.listeners.forEach((listener) => listener());
    return Promise.resolve();
  }

  alive(): ReadonlySet<string> {
    return new Set(this.tokens.keys());
  }

  /** Calls back after each release, until the returned function is called. */
  onRelease(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Whether somebody who came earlier is waiting for the key's lock. */
  private isBehind(key: string, token: string): boolean {
    const place = this.waiters.get(token)?.ticket ?? Infinity;
    return [...this.waiters.values()].some(
      (waiter) => waiter.key === key && !waiter.open && waiter.ticket < place,
    );
  }

  private note(waiter: Omit<Waiter, 'ticket'>): Denial {
    const ticket = this.waiters.get(waiter.token)?.ticket ?? ++this.last;
    this.waiters.set(waiter.token, { ...waiter, ticket });
    return { fence: null, ticket, waiters: [...this.waiters.values()], unsure: 0 };
  }
}
