import { BullModule, getQueueToken, Processor, WorkerHost } from '@nestjs/bullmq';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Queue } from 'bullmq';
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

/** Jobs per second that do nothing, of one worker. */
async function measureJobs(port: number, guarded: boolean, count: number): Promise<number> {
  let done = 0;
  let all: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => (all = resolve));
  @Processor('bench', { concurrency: 20 })
  class Worker extends WorkerHost {
    async process(): Promise<void> {
      if (++done === count) all();
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
  const job = { name: 'nothing', data: {}, opts: { removeOnComplete: true } };
  await queue.addBulk(Array.from({ length: count }, () => job));
  const begun = performance.now();
  await worker.resume();
  await finished;
  const took = performance.now() - begun;
  await app.close();
  return (count * 1_000) / took;
}

answer({ measureCalls, measureJobs });
