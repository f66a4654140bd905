import type { Grant } from '../store.js';

/**
 * Leases within one process. They do not run out: they die with the process, and until then their holder can always
 * be asked to let go.
 */
export class LeaseTable {
  private readonly tokens = new Map<string, string>();
  private readonly fences = new Map<string, number>();
  private readonly listeners = new Set<() => void>();

  acquire(names: readonly string[], key: string, token: string): Grant | null {
    if (names.some((name) => this.tokens.has(name))) {
      return null;
    }
    // starts at the clock, so that it grows also over a restart of the process
    const fence = Math.max((this.fences.get(key) ?? 0) + 1, Date.now());
    this.fences.set(key, fence);
    names.forEach((name) => this.tokens.set(name, token));
    return { fence };
  }

  holds(names: readonly string[], token: string): boolean {
    return names.every((name) => this.tokens.get(name) === token);
  }

  release(names: readonly string[], token: string): void {
    for (const name of names) {
      if (this.tokens.get(name) === token) {
        this.tokens.delete(name);
      }
    }
    this.listeners.forEach((listener) => listener());
  }

  alive(): ReadonlySet<string> {
    return new Set(this.tokens.keys());
  }

  /** Calls back after each release, until the returned function is called. */
  onRelease(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
