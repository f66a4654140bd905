import { Controller, Get, Injectable, Param, Post } from '@nestjs/common';
import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Queue } from 'bullmq';
import {
  HOUR,
  MaintenanceKey,
  MaintenanceLockedError,
  MaintenanceModule,
  MaintenanceService,
  OnMaintenance,
  SkipDuringMaintenance,
  type MaintenanceChange,
} from 'nestjs-maintenance';
import { MaintenanceBullModule } from 'nestjs-maintenance/bullmq';
import type { MaintenanceStatusMessage } from 'nestjs-maintenance/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import { Listener } from '../realtime/listener.js';
import { TestClient } from '../realtime/clients.js';
import { createExpressApp, createFastifyApp, type CreateApp, type RunningApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

// What a phase means for each kind of work, on two replicas that share a real Redis, one on each adapter.

const KEY = 'shop';
let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.stop());

@Controller('shop')
class ShopController {
  constructor(private readonly gates: Gates) {}

  @Get()
  list(): string {
    return 'listed';
  }
  @Post()
  buy(): string {
    return 'bought';
  }
  @Get('slow/:gate')
  slow(@Param('gate') gate: string): Promise<string> {
    return this.gates.pass(gate);
  }
}

@Injectable()
class Jobs {
  ran = 0;
  readonly exits: MaintenanceChange[] = [];

  @SkipDuringMaintenance(KEY)
  tick(): void {
    this.ran++;
  }
  @OnMaintenance('exiting', KEY)
  exiting(change: MaintenanceChange): void {
    this.exits.push(change);
  }
}

@Processor('mail')
class MailWorker extends WorkerHost {
  static readonly done: number[] = [];
  async process(): Promise<void> {
    MailWorker.done.push(Date.now());
  }
}

interface Site extends RunningApp {
  readonly service: MaintenanceService;
  readonly jobs: Jobs;
  readonly gates: Gates;
  readonly changes: MaintenanceChange[];
}

async function start(createApp: CreateApp, namespace: string, queues = false): Promise<Site> {
  const connection = { host: redis.host, port: redis.port };
  const bull = [
    BullModule.forRoot({ connection }),
    BullModule.registerQueue({ name: 'mail' }),
    MaintenanceBullModule.forRoot({ keys: () => [KEY] }),
  ];
  const running = await createApp({
    imports: [
      MaintenanceModule.forRoot({
        redis: redis.url,
        namespace,
        keys: [new MaintenanceKey(KEY)],
        admin: false,
      }),
      ...(queues ? bull : []),
    ],
    controllers: [ShopController],
    providers: [Jobs, Gates, ...(queues ? [MailWorker] : [])],
  });
  const { app } = running;
  const changes: MaintenanceChange[] = [];
  const service = app.get(MaintenanceService);
  service.changes.subscribe((change) => changes.push(change));
  return { ...running, service, jobs: app.get(Jobs), gates: app.get(Gates), changes };
}

async function pair(queues = false) {
  const namespace = `n${randomId()}`;
  const one = await start(createExpressApp as CreateApp, namespace, queues);
  const two = await start(createFastifyApp as CreateApp, namespace, queues);
  await until(async () => (await one.service.replicas()).length === 2);
  const close = async () => void (await Promise.all([one.close(), two.close()]));
  return { one, two, both: [one, two], [Symbol.asyncDispose]: close };
}

const soon = (ms: number): Date => new Date(Date.now() + ms);
const visitor = (place: number) => ({ headers: { cookie: `maintenance-visitor=${place}` } });
const read = ({ port }: Site, place = 0) => request(port, '/shop', visitor(place));
const write = ({ port }: Site) => request(port, '/shop', { method: 'POST', json: {} });
/** A job that must not run, and work that must not begin. */
const isClosed = async ({ jobs, service }: Site): Promise<boolean> => {
  const { ran } = jobs;
  jobs.tick();
  const worked = await service.whileOpen(KEY, () => true, { otherwise: 'skip' });
  return jobs.ran === ran && worked === undefined && service.isActive(KEY);
};

it('requests, sockets, events, jobs and waiting work agree on two replicas, in each phase', async () => {
  await using cluster = await pair();
  const { one, two, both } = cluster;
  using first = await TestClient.connect(one.url);
  using second = await TestClient.connect(two.url);
  using listener = await Listener.open(two);
  const { start, end } = await one.service.scheduleWindow(KEY, {
    start: soon(2_500),
    duration: 5_000,
    readOnly: 2_500,
    reopenOver: 4_000,
    announce: HOUR,
  });
  const all = async (wish: (status: MaintenanceStatusMessage) => boolean) =>
    Promise.all([
      first.sees(wish),
      second.sees(wish),
      until(() => listener.last && wish(listener.last) && listener.last, { timeout: 10_000 }),
    ]);

  await all(({ upcoming }) => upcoming?.[0]?.start === start.toISOString());
  expect([await isClosed(one), await isClosed(two)]).toEqual([false, false]);
  const waiting = both.map(({ service }) => service.waitUntilOpen(KEY));
  await Promise.all(waiting);

  await all(({ maintenanceMode, modes }) => !maintenanceMode && modes[KEY] === true);
  for (const site of both) {
    expect([(await read(site)).status, (await write(site)).status]).toEqual([200, 503]);
    expect(await isClosed(site), 'work that is no read does not begin').toBe(true);
  }
  const opened = Promise.all(both.map(({ service }) => service.waitUntilOpen(KEY).then(() => Date.now())));

  await all(({ maintenanceMode }) => maintenanceMode);
  const answers = await Promise.all(both.map((site) => read(site, 500_000)));
  const moment = new Date(end.getTime() + 2_000).toISOString();
  for (const answer of answers) expect(answer.json()).toMatchObject({ statusCode: 503, until: moment });

  const told = await all(({ reopening }) => reopening !== undefined);
  const line = { from: end.toISOString(), until: new Date(end.getTime() + 4_000).toISOString() };
  for (const status of told)
    expect(status).toMatchObject({ maintenanceMode: false, reopening: line, retryAfter: null });
  for (const at of await opened) expect(Math.abs(at - end.getTime())).toBeLessThan(2_000);
  for (const site of both) {
    expect(await isClosed(site), 'for work it is over').toBe(false);
    expect([(await read(site, 0)).status, (await read(site, 999_999)).status]).toEqual([200, 503]);
    expect((await read(site, 999_999)).json()).toMatchObject({ until: line.until });
    expect(site.changes.filter(({ to }) => !to)).toMatchObject([{ cause: 'window', at: end }]);
  }
  await until(() => both.some(({ jobs }) => jobs.exits.length > 0));
  expect(both.flatMap(({ jobs }) => jobs.exits)).toHaveLength(1);
  await all(({ reopening, maintenanceMode }) => !reopening && !maintenanceMode);
  for (const site of both) expect((await read(site, 999_999)).status).toBe(200);
});

it('locks and drains ignore phases: early readers and returned visitors are waited for', async () => {
  await using cluster = await pair();
  const { one, two, both } = cluster;
  const slow = (gate: string) => request(two.port, `/shop/slow/${gate}`, visitor(0));
  const isWaiting = async (work: Promise<unknown>): Promise<boolean> =>
    (await Promise.race([work, until(() => one.service.isActive(KEY)).then(() => 'waits')])) === 'waits';

  // at its read-only beginning, on the other replica
  await one.service.scheduleWindow(KEY, { start: soon(0), duration: HOUR, readOnly: HOUR, reopenOver: HOUR });
  await until(() => two.service.isActive(KEY));
  const reading = slow('reading');
  await until(() => two.gates.begun.includes('reading'));
  const order: string[] = [];
  const work = one.service.maintain(KEY, () => order.push('work'), { drain: 10_000 });
  await until(async () => (await read(two)).status === 503);
  expect(await isWaiting(work)).toBe(true);
  // the window has no lock: the work has
  await expect(two.service.maintain(KEY, () => 0)).rejects.toThrow(MaintenanceLockedError);
  order.push('read');
  two.gates.open('reading');
  expect((await reading).text).toBe('reading');
  await work;
  expect(order).toEqual(['read', 'work']);
  expect([(await read(two)).status, (await write(two)).status], 'read-only again').toEqual([200, 503]);

  // a hold that outlasts the window: visitors come back when it is left, over the time of the window
  const hold = await two.service.maintain(KEY, { drain: false });
  await one.service.setMaintenance(false, KEY);
  for (const site of both) expect((await read(site)).status).toBe(503);
  await hold.leave();
  await until(async () => (await one.service.getKeyData())[KEY]?.phase === 'reopening');
  const [data, same] = await Promise.all(both.map(async ({ service }) => (await service.getKeyData())[KEY]));
  expect(data!.reopening).toEqual(same!.reopening);
  expect(Date.parse(data!.reopening!.until) - Date.parse(data!.reopening!.from)).toBe(HOUR);
  expect([(await read(one, 0)).status, (await read(two, 999_999)).status]).toEqual([200, 503]);

  // who is back already is waited for, and refused while the next one works
  const back = slow('back');
  await until(() => two.gates.begun.includes('back'));
  const next = one.service.maintain(KEY, () => order.push('next'), { drain: 10_000 });
  await until(async () => (await read(two, 0)).status === 503);
  expect(await isWaiting(next)).toBe(true);
  order.push('gone');
  two.gates.open('back');
  expect((await back).text).toBe('back');
  await next;
  expect(order.slice(2)).toEqual(['gone', 'next']);
});

it('queue workers take no job during a window, and all of them while visitors come back', async () => {
  await using cluster = await pair(true);
  const { one, two, both } = cluster;
  const queue = new Queue('mail', { connection: { host: redis.host, port: redis.port } });
  try {
    await queue.add('before', {});
    await until(() => MailWorker.done.length === 1);
    const { end } = await two.service.scheduleWindow(KEY, {
      start: soon(1_500),
      duration: 5_000,
      readOnly: 2_500,
      reopenOver: HOUR,
    });
    await until(() => both.every(({ service }) => service.isActive(KEY)));
    await queue.addBulk(Array.from({ length: 6 }, (_, i) => ({ name: `job-${i}`, data: {} })));
    await until(async () => (await one.service.getKeyData())[KEY]?.phase === 'closed');
    expect(MailWorker.done).toHaveLength(1);
    await until(() => MailWorker.done.length === 7, { timeout: 15_000 });
    expect(Math.min(...MailWorker.done.slice(1))).toBeGreaterThanOrEqual(end.getTime() - 20);
    expect((await read(one, 999_999)).status).toBe(503);
  } finally {
    await queue.close();
  }
});
