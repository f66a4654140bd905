import { BullModule, getQueueToken, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Queue } from 'bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  SkipDuringMaintenance,
} from 'nestjs-maintenance';
import { MaintenanceBullModule } from 'nestjs-maintenance/bullmq';
import { answer } from '../../support/answer.js';

/** Calls of one sample. */
const CALLS = 20_000;
const SAMPLES = 40;

@Injectable()
class Jobs {
  ran = 0;

  @SkipDuringMaintenance('billing')
  tick(): void {
    this.ran++;
  }
}

const keys = [new MaintenanceKey('billing')];

/** Nanoseconds per call of something synchronous, sample by sample. */
function time(call: () => unknown): number[] {
  for (let i = 0; i < CALLS; i++) call();
  return Array.from({ length: SAMPLES }, () => {
    const begun = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) call();
    return Number(process.hrtime.bigint() - begun) / CALLS;
  });
}

async function timeAwaited(call: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let sample = -1; sample < SAMPLES; sample++) {
    const begun = process.hrtime.bigint();
    for (let i = 0; i < CALLS; i++) await call();
    if (sample >= 0) samples.push(Number(process.hrtime.bigint() - begun) / CALLS);
  }
  return samples;
}

/** What work that is no request costs. */
async function measureCalls(): Promise<Record<string, number[]>> {
  @Module({ imports: [MaintenanceModule.forRoot({ socket: false, admin: false, keys })], providers: [Jobs] })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const service = app.get(MaintenanceService);
  const jobs = app.get(Jobs);
  const run = time(() => jobs.tick());
  const whileOpen = await timeAwaited(() => service.whileOpen('billing', () => undefined));
  const awaited = await timeAwaited(async () => undefined);
  const mayContinue = await service.whileOpen('billing', () => time(() => service.mayContinue()));
  await service.setMaintenance(true, 'billing');
  const { ran } = jobs;
  const skipped = time(() => jobs.tick());
  if (jobs.ran !== ran) throw new Error('a skipped method ran');
  await app.close();
  return { run, skipped, whileOpen, awaited, mayContinue };
}

/** Jobs that an idle worker is given, one after the other. */
const PICKUPS = 300;

/** What one worker makes of jobs that do nothing. */
export interface JobSpeed {
  /** Of those that wait in its queue. */
  readonly perSecond: number;
  /** Milliseconds from adding a job to an idle queue until it begins, each. */
  readonly pickups: readonly number[];
}

async function measureJobs(port: number, guarded: boolean, count: number): Promise<JobSpeed> {
  let begins: () => void = () => undefined;
  @Processor('bench', { concurrency: 20 })
  class Worker extends WorkerHost {
    async process(): Promise<void> {
      begins();
    }
  }
  @Module({
    imports: [
      BullModule.forRoot({ connection: { host: '127.0.0.1', port } }),
      BullModule.registerQueue({ name: 'bench' }),
      MaintenanceModule.forRoot({ socket: false, admin: false, redis: `redis://127.0.0.1:${port}` }),
      ...(guarded ? [MaintenanceBullModule.forRoot()] : []),
    ],
    providers: [Worker],
  })
  class App {}
  const app = await NestFactory.createApplicationContext(App, { logger: false });
  const { worker } = app.get(Worker);
  await worker.waitUntilReady();
  await worker.pause();
  const queue = app.get<Queue>(getQueueToken('bench'));
  const opts = { removeOnComplete: true };
  /** Milliseconds that so many jobs take which wait already. */
  const work = async (): Promise<number> => {
    await queue.addBulk(Array.from({ length: count }, () => ({ name: 'nothing', data: {}, opts })));
    const begun = performance.now();
    let done = 0;
    await new Promise<void>((resolve) => {
      begins = () => (++done === count ? resolve() : undefined);
      worker.resume();
    });
    const took = performance.now() - begun;
    await worker.pause();
    return took;
  };
  // a process that has only just started is busy with compiling what it runs
  await work();
  const perSecond = (count * 1_000) / (await work());
  worker.resume();
  const pickups: number[] = [];
  for (let i = 0; i < PICKUPS; i++) {
    // until the worker waits for news of its queue again
    await delay(2);
    const begin = new Promise<number>((resolve) => (begins = () => resolve(performance.now())));
    const added = performance.now();
    await queue.add('nothing', {}, opts);
    pickups.push((await begin) - added);
  }
  await app.close();
  return { perSecond, pickups };
}

answer({ measureCalls, measureJobs });
