import type { ClaimOutcome, OnceStore } from '../once.js';

/** What is done is remembered of so many: who asks remembers what it sees (see OncePerCluster). */
const MOST = 10_000;

/** What must be done once, within one process. */
export class OnceTable implements OnceStore {
  private readonly claims = new Map<string, { readonly token: string; readonly until: number }>();

  claim(name: string, token: string, lease: number): Promise<ClaimOutcome> {
    const known = this.claims.get(name);
    if (known?.until === Infinity) {
      return Promise.resolve('done');
    }
    if (known && known.token !== token && known.until > performance.now()) {
      return Promise.resolve('taken');
    }
    this.claims.set(name, { token, until: performance.now() + lease });
    return Promise.resolve('granted');
  }

  finish(name: string, token: string): Promise<void> {
    this.claims.delete(name);
    this.claims.set(name, { token, until: Infinity });
    for (const [oldest, { until }] of this.claims) {
      if (this.claims.size <= MOST || until !== Infinity) {
        break;
      }
      this.claims.delete(oldest);
    }
    return Promise.resolve();
  }
}
