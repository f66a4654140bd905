import { Injectable, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import {
  MaintenanceError,
  MaintenanceKey,
  MaintenanceLockLostError,
  MaintenanceService,
} from 'nestjs-maintenance';
import { beforeEach, describe, expect, it } from 'vitest';
import { failure, started } from './started.js';

let ended: Promise<Error>[] = [];
let begun: (() => void) | undefined;
beforeEach(() => {
  ended = [];
});

/** Has work of its own, and waits for that when the application closes, as one waits for the jobs of a worker. */
@Injectable()
class Worker {
  private work: Promise<unknown> | undefined;

  constructor(private readonly service: MaintenanceService) {}

  wait(): void {
    this.follow(this.service.whileOpen('billing', () => 'worked', { otherwise: 'wait' }));
  }

  waitForLock(): void {
    this.follow(this.service.maintain('billing', () => 'worked', { blocking: true }));
  }

  maintain(): Promise<void> {
    const running = new Promise<void>((resolve) => (begun = resolve));
    const until = (signal: AbortSignal): Promise<void> =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    this.follow(
      this.service.maintain('billing', ({ signal }) => {
        begun?.();
        return until(signal);
      }),
    );
    return running;
  }

  protected async finish(): Promise<void> {
    await this.work;
  }

  private follow(work: Promise<unknown>): void {
    const error = failure(work);
    ended.push(error);
    this.work = error;
  }
}

@Injectable()
class Destroyed extends Worker {
  onModuleDestroy(): Promise<void> {
    return this.finish();
  }
}

@Injectable()
class Early extends Worker {
  beforeApplicationShutdown(): Promise<void> {
    return this.finish();
  }
}

@Module({ providers: [Destroyed, Early], exports: [Destroyed, Early] })
class Jobs {}

const keys = [new MaintenanceKey('billing', { scope: 'marked' })];
const places: [place: string, metadata: ModuleMetadata][] = [
  ['of the root module', { providers: [Destroyed, Early] }],
  ['of an imported module', { imports: [Jobs] }],
];
const hooks: [hook: string, worker: Type<Worker>][] = [
  ['onModuleDestroy()', Destroyed],
  ['beforeApplicationShutdown()', Early],
];

describe.each(places)('a provider %s', (_place, metadata) => {
  it.each(hooks)('may wait in %s for work that waits for the end of maintenance', async (_hook, cls) => {
    const at = await started({ keys }, metadata);
    await at.service.setMaintenance(true, 'billing');
    at.app.get(cls).wait();
    await at.app.close();
    expect(await ended[0]).toBeInstanceOf(MaintenanceError);
  });

  it.each(hooks)(
    'may wait in %s for work under maintain(), and for what waits for that',
    async (_hook, cls) => {
      const at = await started({ keys }, metadata);
      await at.app.get(Destroyed).maintain();
      at.app.get(cls === Destroyed ? Early : cls).waitForLock();
      await at.app.close();
      expect(await ended[0]).toBeInstanceOf(MaintenanceLockLostError);
      expect(await ended[1]).toBeInstanceOf(MaintenanceError);
    },
  );
});
