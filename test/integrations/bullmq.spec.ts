import { BullModule, OnWorkerEvent, Processor, WorkerHost } from '@nestjs/bullmq';
import { Inject, Injectable, Scope, type OnApplicationBootstrap, type Type } from '@nestjs/common';
import { Worker, type Job, type JobsOptions, type Queue } from 'bullmq';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  MaintenanceConfigurationError,
  MaintenanceDrainError,
  MaintenanceExempt,
  MaintenanceKeys,
  MaintenanceService,
  UnknownMaintenanceKeyError,
} from 'nestjs-maintenance';
import { MaintenanceBullModule } from 'nestjs-maintenance/bullmq';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { openFlows, openQueue, startBull, type BullApp } from './bull-apps.js';

let redis: RedisServer;
let gates: Gates;
let runs: string[];
let stalled: string[];

beforeEach(async () => {
  gates = new Gates();
  runs = [];
  stalled = [];
  redis = await RedisServer.start();
});
afterEach(() => redis.stop());

/** A job whose data names a gate waits there. */
async function handle(job: Job<{ gate?: string } | undefined>): Promise<string> {
  runs.push(job.name);
  if (job.data?.gate) {
    await gates.pass(job.data.gate);
  }
  return `${job.name} done`;
}

@Processor('mail', { concurrency: 3 })
class Mail extends WorkerHost {
  process(job: Job): Promise<string> {
    return handle(job);
  }

  @OnWorkerEvent('stalled')
  onStalled(id: string): void {
    stalled.push(id);
  }
}

const ran = (job: string): number => runs.filter((name) => name === job).length;
/** Long enough for a worker to take what it should not. */
const pause = (ms = 400): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Switches the key on as soon as a worker has fetched a job, and says whether that was so. */
function fetchedTooLate({ app, service }: BullApp, processor: Type<WorkerHost>): () => boolean {
  const worker = app.get(processor).worker as unknown as {
    moveToActive(...args: unknown[]): Promise<unknown>;
  };
  const fetch = worker.moveToActive.bind(worker);
  let fetched = 0;
  worker.moveToActive = async (...args) => {
    const job = await fetch(...args);
    if (job && ++fetched === 1) {
      await service.setMaintenance(true);
    }
    return job;
  };
  return () => fetched > 0 && service.isActive();
}

describe('MaintenanceBullModule', () => {
  it('takes no job while a key is on, and continues by itself', async () => {
    await using at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    await queue.add('before', {});
    await until(() => ran('before'));
    await at.service.setMaintenance(true);
    await queue.addBulk([1, 2, 3, 4].map((i) => ({ name: 'during', data: { i } })));
    await pause();
    expect(ran('during')).toBe(0);
    expect(await queue.getJobCountByTypes('wait')).toBe(4);
    await at.service.setMaintenance(false);
    await until(() => ran('during') === 4);
  });

  it('continues with the next job at once, however long a worker blocks on its queue', async () => {
    // a worker looks for news that seldom by itself
    @Processor('mail', { drainDelay: 60 })
    class Patient extends Mail {}
    await using at = await startBull(redis, { providers: [Patient] });
    await using queue = openQueue(redis);
    await until(async () => (await queue.getWorkers()).length === 1);
    await pause();
    await at.service.setMaintenance(true);
    await queue.add('during', {});
    await pause();
    await at.service.setMaintenance(false);
    expect(await until(() => ran('during'), { timeout: 10_000 })).toBe(1);
  });

  it('makes drains wait for running jobs, with queue and name in the error', async () => {
    await using at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    await queue.add('welcome', { gate: 'a' });
    await until(() => gates.begun.includes('a'));
    expect((await at.service.replicas())[0]?.inFlight).toBe(1);
    const error = await failure(at.service.maintain('general', () => 'worked', { drain: 300 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    expect(error.message).toContain('queue "mail", job "welcome"');

    const working = at.service.maintain('general', () => [...gates.ended]);
    await until(() => at.service.isActive('general'));
    const { replicas } = await at.service.quiet('general');
    expect(replicas[0]?.running.map(({ route }) => route)).toEqual(['queue "mail", job "welcome"']);
    gates.open('a');
    expect(await working).toEqual(['a']);
  });

  it('continues with other jobs while an earlier one is still running', async () => {
    await using at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    await queue.add('long', { gate: 'a' });
    await until(() => gates.begun.includes('a'));
    for (const round of ['first', 'second']) {
      await at.service.setMaintenance(true);
      await queue.add(round, {});
      await pause(100);
      expect(ran(round)).toBe(0);
      await at.service.setMaintenance(false);
      await until(() => ran(round));
    }
    gates.open('a');
    await until(async () => (await queue.getJobCounts('completed')).completed === 3);
    await queue.add('after', {});
    await until(() => ran('after'));
  });

  it('runs nothing twice, spends no attempt and stalls nothing, however often keys change under load', async () => {
    await using first = await startBull(redis, { providers: [Mail] });
    await using second = await startBull(redis, { providers: [Mail] });
    await using third = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    expect(await Promise.all([second, third].map(({ service }) => service.replicas()))).toHaveLength(2);
    const count = 600;
    const jobs = await queue.addBulk(
      Array.from({ length: count }, (_, i) => ({ name: `job ${i}`, data: {}, opts: { attempts: 3 } })),
    );
    let overlaps = 0;
    for (let round = 0; round < 12; round++) {
      await first.service.maintain('general', async () => {
        const before = runs.length;
        await pause(60);
        overlaps += runs.length - before;
      });
      await pause(20);
    }
    expect(overlaps).toBe(0);
    await until(() => runs.length >= count, { timeout: 20_000 });
    await until(async () => (await queue.getJobCounts('completed')).completed === count);
    expect(new Set(runs).size).toBe(count);
    expect(runs.length).toBe(count);
    expect(stalled).toEqual([]);
    const done = await Promise.all(jobs.map(({ id }) => queue.getJob(id as string)));
    expect(done.every((job) => job?.attemptsMade === 1)).toBe(true);
  });

  it('puts a job that was fetched when the key was switched on back in its place', async () => {
    const active: string[] = [];
    @Processor('mail', { concurrency: 3 })
    class Listening extends Mail {
      @OnWorkerEvent('active')
      onActive({ name }: Job): void {
        active.push(name);
      }
    }
    await using at = await startBull(redis, { providers: [Listening] });
    await using queue = openQueue(redis);
    const late = fetchedTooLate(at, Listening);
    await queue.addBulk(['first', 'second', 'third'].map((name) => ({ name, data: {} })));
    await until(late);
    await until(async () => (await queue.getJobCountByTypes('active')) === 0);
    await pause();
    expect([runs, active]).toEqual([[], []]);
    expect((await queue.getJobs(['wait'])).map(({ name }) => name).reverse()).toEqual([
      'first',
      'second',
      'third',
    ]);
    await at.service.setMaintenance(false);
    await until(() => runs.length === 3);
    expect(active).toEqual(['first', 'second', 'third']);
    expect((await queue.getJobs(['completed'])).every(({ attemptsMade }) => attemptsMade === 1)).toBe(true);
  });

  it('keeps delayed, repeated and retried jobs and flows until afterwards', async () => {
    let failures = 0;
    @Processor('mail')
    class Failing extends Mail {
      override async process(job: Job): Promise<string> {
        if (job.name !== 'fails' || ++failures > 1) {
          return handle(job);
        }
        await gates.pass('failure');
        throw new Error('once');
      }
    }
    @Processor('reports')
    class Reports extends Mail {}
    await using at = await startBull(redis, {
      queues: [{ name: 'mail' }, { name: 'reports' }],
      providers: [Failing, Reports],
      bull: { keys: { mail: ['general'], reports: [] } },
    });
    await using queue = openQueue(redis);
    await using flows = openFlows(redis);
    await queue.add('fails', {}, { attempts: 2, backoff: 150 });
    await until(() => gates.begun.includes('failure'));
    await at.service.setMaintenance(true);
    gates.open('failure');
    await until(async () => (await queue.getJobCountByTypes('active')) === 0);
    await queue.add('delayed', {}, { delay: 100 });
    // schedulers came with 5.16, and replace what went before with 6
    await ('upsertJobScheduler' in queue
      ? queue.upsertJobScheduler('every', { every: 100 }, { name: 'repeated' })
      : (queue as Queue).add('repeated', {}, { repeat: { every: 100 } } as JobsOptions));
    await queue.add('urgent', {}, { priority: 1 });
    // each has children of the other queue, which is open
    const child = (name: string, queueName: string) => ({ name, queueName });
    await flows.add({ ...child('parent', 'mail'), children: [child('open child', 'reports')] });
    await flows.add({ ...child('open parent', 'reports'), children: [child('child', 'mail')] });
    await until(() => ran('open child'));
    await pause();
    expect(runs).toEqual(['open child']);
    await at.service.setMaintenance(false);
    const all = ['fails', 'delayed', 'repeated', 'urgent', 'parent', 'child', 'open parent'];
    await until(() => all.every((name) => ran(name) > 0));
    expect(runs.indexOf('child')).toBeLessThan(runs.indexOf('open parent'));
    expect(all.filter((name) => name !== 'repeated').map(ran)).toEqual([1, 1, 1, 1, 1, 1]);
    await until(async () => (await queue.getJobs(['completed'])).some(({ name }) => name === 'fails'));
    const tried = (await queue.getJobs(['completed'])).find(({ name }) => name === 'fails');
    expect([failures, tried?.attemptsMade]).toEqual([2, 2]);
  });

  it('keeps its rate limit, and puts jobs back there, too', async () => {
    @Processor('mail', { limiter: { max: 1, duration: 150 } })
    class Limited extends Mail {}
    await using at = await startBull(redis, { providers: [Limited] });
    await using queue = openQueue(redis);
    const late = fetchedTooLate(at, Limited);
    await queue.addBulk(['a', 'b', 'c', 'd'].map((name) => ({ name, data: {} })));
    await until(late);
    await pause();
    expect(runs).toEqual([]);
    const reopened = performance.now();
    await at.service.setMaintenance(false);
    await until(() => runs.length === 4);
    expect(performance.now() - reopened).toBeGreaterThan(300);
    expect(runs).toEqual(['a', 'b', 'c', 'd']);
  });

  it('repeats a job once each time, even one that was put back', async () => {
    await using at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    const late = fetchedTooLate(at, Mail);
    await ('upsertJobScheduler' in queue
      ? queue.upsertJobScheduler('every', { every: 200 }, { name: 'repeated' })
      : (queue as Queue).add('repeated', {}, { repeat: { every: 200 } } as JobsOptions));
    await until(late);
    await pause();
    expect(runs).toEqual([]);
    // before that nothing runs; afterwards jobs may run before this process goes on
    const reopened = performance.now();
    await at.service.setMaintenance(false);
    await until(() => ran('repeated') >= 8);
    // what was put back, what was due by then, one that may be due at once, and one each 200 ms
    expect(ran('repeated')).toBeLessThanOrEqual(3 + (performance.now() - reopened) / 200);
    expect(await queue.getJobCountByTypes('delayed', 'wait')).toBeLessThanOrEqual(1);
  });

  it('stalls neither a job that keeps running while its key is on, nor one that was put back', async () => {
    // it renews its locks twice in that time; later counts as stalled, so a busy machine needs some
    @Processor('mail', { lockDuration: 3_000, stalledInterval: 200, concurrency: 2 })
    class Impatient extends Mail {}
    await using at = await startBull(redis, { providers: [Impatient] });
    await using other = await startBull(redis, { providers: [Impatient] });
    await using queue = openQueue(redis);
    await queue.add('long', { gate: 'a' }, { attempts: 1 });
    await until(() => gates.begun.includes('a'));
    await at.service.setMaintenance(true);
    await until(() => other.service.isActive());
    await queue.add('waits', {});
    await pause(4_000);
    await at.service.setMaintenance(false);
    await until(() => ran('waits'));
    gates.open('a');
    await until(async () => (await queue.getJobCounts('completed')).completed === 2);
    expect([runs, stalled]).toEqual([['long', 'waits'], []]);
  });

  it('pauses a request-scoped processor', async () => {
    @Processor({ name: 'mail', scope: Scope.REQUEST })
    class Scoped extends WorkerHost {
      @Inject() private readonly service!: MaintenanceService;
      async process(job: Job): Promise<void> {
        await handle(job);
        runs.push(`may ${this.service.mayContinue()}`);
      }
    }
    await using at = await startBull(redis, { providers: [Scoped] });
    await using queue = openQueue(redis);
    await at.service.setMaintenance(true);
    await queue.add('a', { gate: 'a' });
    await pause();
    expect(runs).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => gates.begun.includes('a'));
    const error = await failure(at.service.maintain('general', () => 'worked', { drain: 200 }));
    expect(error.message).toContain('queue "mail", job "a"');
    gates.open('a');
    // nobody waits for it any more
    await until(() => ran('may false'));
  });

  it('takes no job before the application is ready', async () => {
    let whenReady = -1;
    let isReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    @Injectable()
    class Slow implements OnApplicationBootstrap {
      async onApplicationBootstrap(): Promise<void> {
        await ready;
        whenReady = runs.length;
      }
    }
    await using queue = openQueue(redis);
    await queue.add('early', {});
    const starting = startBull(redis, { providers: [Mail, Slow] });
    await pause(800);
    isReady();
    await using at = await starting;
    expect(at.service.isActive()).toBe(false);
    expect(whenReady).toBe(0);
    await until(() => ran('early'));
  });

  it('starts paused if a key is on already', async () => {
    await using first = await startBull(redis);
    await first.service.setMaintenance(true);
    await using queue = openQueue(redis);
    await queue.add('waits', {});
    await using second = await startBull(redis, { providers: [Mail] });
    await pause();
    expect(runs).toEqual([]);
    await second.service.setMaintenance(false);
    await until(() => ran('waits'));
  });

  it('continues as soon as reopening begins, which is for visitors', async () => {
    await using at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    await at.service.setMaintenance(true);
    await queue.add('waits', {});
    await at.service.setMaintenance(false, 'general', { reopenOver: 20_000 });
    await until(() => ran('waits'));
    expect((await at.service.getKeyData()).general).toMatchObject({ phase: 'reopening' });
  });

  it('closes at once while its workers wait, and leaves their jobs in the queue', async () => {
    const at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    await at.service.setMaintenance(true);
    await queue.add('waits', {});
    await pause();
    await at.app.close();
    expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 1, active: 0 });
    expect(runs).toEqual([]);
  });

  it('leaves workers alone that the application has paused, or has not started', async () => {
    @Processor('other', { autorun: false })
    class Other extends Mail {}
    await using at = await startBull(redis, {
      queues: [{ name: 'mail' }, { name: 'other' }],
      providers: [Mail, Other],
    });
    await using queue = openQueue(redis);
    await using others = openQueue(redis, 'other');
    const { worker } = at.app.get(Mail);
    await worker.pause();
    await at.service.setMaintenance(true);
    await at.service.setMaintenance(false);
    await queue.add('paused', {});
    await others.add('other', {});
    await pause();
    expect(runs).toEqual([]);
    await at.service.setMaintenance(true);
    await worker.resume();
    void at.app.get(Other).worker.run();
    await pause();
    expect(runs).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => ran('paused') && ran('other'));
  });

  it('does not attribute what a job starts to the call that opened the key', async () => {
    @Processor('mail')
    class Nested extends WorkerHost {
      @Inject() private readonly service!: MaintenanceService;
      async process(job: Job): Promise<void> {
        runs.push(job.name);
        await this.service.whileOpen('billing', () => runs.push('inside'));
      }
    }
    await using at = await startBull(redis, { providers: [Nested] });
    await using queue = openQueue(redis);
    await at.service.maintain('general', () => queue.add('a', {}));
    await until(() => ran('inside'));
    expect(at.service.isActive()).toBe(false);
    await queue.add('b', {});
    await until(() => ran('inside') === 2);
  });

  it('knows the calls of jobs if the processor uses the service', async () => {
    @Processor('mail')
    class Asking extends WorkerHost {
      @Inject() private readonly service!: MaintenanceService;
      process(): Promise<void> {
        runs.push(`may ${this.service.mayContinue()}`);
        return Promise.resolve();
      }
    }
    await using at = await startBull(redis, { providers: [Asking] });
    await using queue = openQueue(redis);
    await queue.add('a', {});
    await until(() => ran('may true'));
    expect(at.service.isActive()).toBe(false);
  });

  it('ends with the application, even in maintenance', async () => {
    const at = await startBull(redis, { providers: [Mail] });
    await at.service.setMaintenance(true);
    await at.app.close();
    expect(at.log.filter((line) => line.startsWith('error'))).toEqual([]);
  });
});

describe('keys of a worker', () => {
  @Processor('invoices')
  @MaintenanceKeys('reports')
  class Invoices extends Mail {}
  @Processor('audit')
  @MaintenanceExempt()
  class Audit extends Mail {}
  const queues = [{ name: 'mail' }, { name: 'invoices' }, { name: 'audit' }];
  const providers = [Mail, Invoices, Audit];

  async function whoRuns(bull?: Parameters<typeof MaintenanceBullModule.forRoot>[0]) {
    const at = await startBull(redis, { queues, providers, ...(bull && { bull }) });
    const opened = queues.map(({ name }) => openQueue(redis, name));
    return {
      at,
      /** @param count jobs that run in spite of it */
      async while(key: string, count: number): Promise<string[]> {
        runs = [];
        await at.service.setMaintenance(true, key);
        await Promise.all(opened.map((queue) => queue.add(queue.name, {})));
        await until(() => runs.length >= count);
        await pause();
        const during = [...runs].sort();
        await at.service.setMaintenance(false, key);
        await until(() => runs.length === queues.length);
        return during;
      },
      async [Symbol.asyncDispose]() {
        await Promise.all(opened.map((queue) => queue.close()));
        await at.app.close();
      },
    };
  }

  it('are what the decorators of its class say', async () => {
    await using site = await whoRuns();
    expect(await site.while('general', 1)).toEqual(['audit']);
    expect(await site.while('billing', 1)).toEqual(['audit']);
    expect(await site.while('reports', 2)).toEqual(['audit', 'mail']);
  });

  it('are what a function returns for queue and class, otherwise those of the decorators', async () => {
    const asked: unknown[] = [];
    await using site = await whoRuns({
      keys: (queue, processor) => {
        asked.push([queue, processor]);
        return queue === 'mail' ? ['billing'] : queue === 'audit' ? [] : undefined;
      },
    });
    expect(asked).toEqual([
      ['mail', Mail],
      ['invoices', Invoices],
      ['audit', Audit],
    ]);
    expect(await site.while('general', 2)).toEqual(['audit', 'mail']);
    expect(await site.while('billing', 1)).toEqual(['audit']);
    expect(await site.while('reports', 2)).toEqual(['audit', 'mail']);
  });

  it('are those configured for the name of the queue', async () => {
    await using site = await whoRuns({ keys: { mail: ['reports'] } });
    expect(await site.while('reports', 1)).toEqual(['audit']);
    expect(await site.while('billing', 2)).toEqual(['audit', 'mail']);
  });

  it('are warned about if they are for a queue that the application does not have', async () => {
    const idle = [...queues, { name: 'idle' }];
    const keys = { mial: ['billing'], invoices: ['billing'], idle: [] };
    await using at = await startBull(redis, { queues: idle, providers, bull: { keys } });
    expect(at.log.filter((line) => line.startsWith('warn'))).toEqual([
      'warn The option "keys" of MaintenanceBullModule names the queue "mial", which this application does not have (yet); ' +
        'it has: "audit", "idle", "invoices", "mail".',
    ]);
    await using queue = openQueue(redis, 'invoices');
    await at.service.setMaintenance(true, 'reports');
    runs = [];
    await queue.add('invoices', {});
    await until(() => ran('invoices'));
  });

  it('may be for the queue of a processor alone', async () => {
    await using at = await startBull(redis, {
      queues: [{ name: 'mail' }],
      providers,
      bull: { keys: { audit: [] } },
    });
    expect(at.log.filter((line) => line.startsWith('warn'))).toEqual([]);
  });

  it('must be registered keys', async () => {
    expect(
      await failure(startBull(redis, { providers: [Mail], bull: { keys: () => ['biling'] } })),
    ).toBeInstanceOf(UnknownMaintenanceKeyError);
    const wrong = [{ keys: 'billing' }, { keys: () => 'billing' }, { queues: {} }, null];
    for (const bull of wrong) {
      const error = await failure(startBull(redis, { providers: [Mail], bull: bull as never }));
      expect(error, JSON.stringify(bull)).toBeInstanceOf(MaintenanceConfigurationError);
    }
    const keys = { mail: 'billing' } as never;
    expect((await failure(startBull(redis, { providers: [Mail], bull: { keys } }))).message).toBe(
      'Maintenance option "keys.mail" received "billing"; accepted: an array of keys for each queue.',
    );
  });
});

describe('processors without a class', () => {
  const file = fileURLToPath(new URL('sandboxed-processor.js', import.meta.url));

  it.each([
    ['a function', () => Promise.resolve(void runs.push('called'))],
    ['a file, in a separate process', file],
    ['a file, in a worker thread', { path: file, useWorkerThreads: true }],
  ])('are paused and waited for too: %s', async (_what, processor) => {
    await using at = await startBull(redis, {
      queues: [{ name: 'mail', processors: [processor as never] }],
    });
    await using queue = openQueue(redis);
    const counts = () => queue.getJobCounts('completed', 'wait');
    await queue.add('a', { ms: 0 });
    await until(async () => (await counts()).completed === 1, { timeout: 15_000 });
    await at.service.setMaintenance(true);
    await queue.add('b', { ms: 500 });
    await pause();
    expect(await counts()).toMatchObject({ completed: 1, wait: 1 });
    await at.service.setMaintenance(false);
    await until(
      async () => (await queue.getJobCounts('active')).active === 1 || (await counts()).completed === 2,
    );
    await at.service.maintain('general', async () => expect((await counts()).completed).toBe(2));
  });

  it('take no job before the application is ready, however long its providers take', async () => {
    const run = (by: string) => async (job: Job) => void runs.push(`${by} ${job.name}`);
    let isReady: () => void = () => undefined;
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    await using queue = openQueue(redis);
    await using other = openQueue(redis, 'other');
    await queue.add('early', {});
    await other.add('early', {});
    const starting = startBull(redis, {
      queues: [{ name: 'mail', processors: [run('mail'), { callback: run('idle'), autorun: false }] }],
      providers: [{ provide: 'slow', useFactory: () => ready }],
    });
    // of an application that does without
    await using plain = await startBull(redis, {
      queues: [{ name: 'other', processors: [run('other')] }],
      unguarded: true,
      maintenance: { namespace: 'other' },
    });
    await until(() => ran('other early'));
    await pause();
    expect(ran('mail early')).toBe(0);
    isReady();
    await using at = await starting;
    await until(() => ran('mail early'));
    await at.service.setMaintenance(true);
    await queue.add('late', {});
    await other.add('late', {});
    await until(() => ran('other late'));
    await pause();
    expect(runs.filter((name) => !name.startsWith('other'))).toEqual(['mail early']);
    expect(plain.service.isActive()).toBe(false);
  });

  it('created with a class that cannot be held back stop the start, so that none runs during maintenance', async () => {
    const bull = BullModule as unknown as Record<'_workerClass', typeof Worker>;
    const gated = bull['_workerClass'];
    const made: Worker[] = [];
    class Plain extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args);
        made.push(this);
      }
    }
    // as if the queue were registered before the module is imported
    BullModule.workerClass = Plain;
    const early = BullModule.registerQueue({ name: 'early', processors: [async () => undefined] });
    BullModule.workerClass = gated;
    const error = await failure(startBull(redis, { imports: [early] }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toContain('"early"');
    expect(error.message).toContain('nestjs-maintenance/bullmq before that call');
    await Promise.all(made.map((worker) => worker.close(true)));
  });

  it('are waited for by name, all that run concurrently, also in worker threads', async () => {
    const processor = { path: file, useWorkerThreads: true, concurrency: 2 };
    await using at = await startBull(redis, { queues: [{ name: 'mail', processors: [processor as never] }] });
    await using queue = openQueue(redis);
    const counts = () => queue.getJobCounts('completed', 'active', 'wait', 'failed');
    const gate = join(redis.folder, 'gate');
    await queue.addBulk(['long', 'longer', 'next'].map((name) => ({ name, data: { gate } })));
    await until(async () => (await counts()).active === 2, { timeout: 15_000 });
    const error = await failure(at.service.maintain('general', () => 'worked', { drain: 100 }));
    expect(error.message).toContain('queue "mail", job "long"');
    expect(error.message).toContain('queue "mail", job "longer"');
    await writeFile(gate, '');
    await at.service.maintain('general', async () => {
      expect(await counts()).toMatchObject({ active: 0, failed: 0 });
    });
    await until(async () => (await counts()).completed === 3, { timeout: 15_000 });
  });
});

describe('an application', () => {
  it('without queues gets a warning', async () => {
    const { log, app } = await startBull(redis, {
      root: ([, , maintenance, bull]) => ({ imports: [maintenance!, bull!] }),
    });
    expect(log.some((line) => line.includes('MaintenanceBullModule found no queue'))).toBe(true);
    await app.close();
  });

  it('does not affect another application that is not guarded', async () => {
    @Processor('plain')
    class Plain extends Mail {}
    await using at = await startBull(redis, { providers: [Mail] });
    await using plain = await startBull(redis, {
      queues: [{ name: 'plain' }],
      providers: [Plain],
      unguarded: true,
      maintenance: { namespace: 'other' },
    });
    await using queue = openQueue(redis, 'plain');
    await at.service.setMaintenance(true);
    await queue.add('plain', {});
    await until(() => ran('plain'));
    expect([at, plain].map(({ service }) => service.isActive())).toEqual([true, false]);
  });

  it('whose maintenance module is not global is guarded as well', async () => {
    await using at = await startBull(redis, { providers: [Mail], maintenance: { isGlobal: false } });
    await using queue = openQueue(redis);
    await at.service.setMaintenance(true);
    await queue.add('a', {});
    await pause();
    expect(runs).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => ran('a'));
  });
});
