import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import type { Cache } from 'cache-manager';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { createExpressApp, createFastifyApp, type CreateApp } from '../support/apps.js';
import { until } from '../support/until.js';

/** A server, as a store of Keyv reaches it over a connection of its own. */
class Connection {
  readonly opts = {};
  closed = false;
  asked = 0;
  /** How often it was asked after it was closed. Some adapters fail then, others connect again. */
  late = 0;

  constructor(private readonly entries: Map<string, unknown>) {}

  async get(key: string): Promise<unknown> {
    this.look();
    return this.entries.get(key);
  }

  async set(key: string, value: unknown): Promise<boolean> {
    this.look();
    this.entries.set(key, value);
    return true;
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }

  async disconnect(): Promise<void> {
    this.closed = true;
  }

  private look(): void {
    this.asked++;
    if (this.closed) {
      this.late++;
      throw new Error('Cannot use a pool after calling end on the pool');
    }
  }
}

const KEY = 'import-export';

/** An application whose cache is closed by the module that made it, as one of the first things when it shuts down. */
const start = (createApp: CreateApp, connection: Connection) =>
  createApp({
    imports: [
      CacheModule.register({
        isGlobal: true,
        stores: [new Keyv({ store: connection as unknown as KeyvStoreAdapter })],
      }),
      MaintenanceModule.forRootAsync({
        socket: false,
        admin: false,
        inject: [CACHE_MANAGER],
        useFactory: (cache: Cache) => ({ cache, keys: [new MaintenanceKey(KEY)] }),
      }),
    ],
  });

describe.each([
  ['Express', createExpressApp as CreateApp],
  ['Fastify', createFastifyApp as CreateApp],
])('an application on %s that closes with its cache', (_, createApp) => {
  it('opens the key of work that it ended, and does not connect the cache again', async () => {
    const entries = new Map<string, unknown>();
    const connection = new Connection(entries);
    const { app, log, close } = await start(createApp, connection);
    const service = app.get(MaintenanceService);
    const steps: string[] = [];
    const work = service.maintain(KEY, async ({ signal }) => {
      steps.push('begun');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      const { asked } = connection;
      // until the next poll
      await until(() => connection.asked > asked);
      steps.push(connection.closed ? 'cleaned up too late' : 'cleaned up');
    });
    const ended = work.catch(String);
    await until(() => steps.length > 0);
    await close();
    expect(await ended).toContain('the application is shutting down');
    expect(steps).toEqual(['begun', 'cleaned up']);
    expect([connection.closed, connection.late]).toEqual([true, 0]);
    expect(log.filter((line) => /has to wait|Lost contact/.test(line))).toEqual([]);

    await using next = await start(createApp, new Connection(entries));
    expect(next.app.get(MaintenanceService).isActive(KEY)).toBe(false);
  });
});
