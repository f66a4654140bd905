import { leaseOfHold } from '../leases.js';
import type { ProgressStore } from '../progress-store.js';
import type { LeaseTable } from './lease-table.js';

/** How far the work of holds is, within one process. */
export class ProgressTable implements ProgressStore {
  private readonly texts = new Map<string, string>();

  constructor(private readonly leases: LeaseTable) {}

  report(hold: string, text: string): Promise<boolean> {
    this.texts.set(hold, text);
    this.forgetEnded();
    return Promise.resolve(this.texts.has(hold));
  }

  read(): Promise<ReadonlyMap<string, string>> {
    this.forgetEnded();
    return Promise.resolve(new Map(this.texts));
  }

  private forgetEnded(): void {
    const alive = this.leases.alive();
    for (const hold of this.texts.keys()) {
      if (!alive.has(leaseOfHold(hold))) {
        this.texts.delete(hold);
      }
    }
  }
}
