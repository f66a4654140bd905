import { Injectable } from '@nestjs/common';

export interface Count {
  begun: number;
  running: number;
}

/** What the three kinds of work have done. */
@Injectable()
export class Counts {
  readonly ticks: Count = { begun: 0, running: 0 };
  readonly jobs: Count = { begun: 0, running: 0 };
  readonly events: Count = { begun: 0, running: 0 };

  async during(kind: 'ticks' | 'jobs' | 'events', work: Promise<unknown>): Promise<void> {
    const count = this[kind];
    count.begun++;
    count.running++;
    await work;
    count.running--;
  }
}
