import type { ClaimOutcome, OnceStore } from '../once.js';

/** The most finished names that are remembered; each process also remembers what it has seen (see OncePerCluster). */
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
      if (this.claims.size <= MOST) {
        break;
      }
      // a claim that was never finished must not keep all later ones
      if (until === Infinity || until <= performance.now()) {
        this.claims.delete(oldest);
      }
    }
    return Promise.resolve();
  }
}
