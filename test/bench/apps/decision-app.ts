// Times the guard's own decision on the contexts of real requests, in a process of its own.
import {
  Controller,
  Get,
  Module,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { Bench } from 'tinybench';
import {
  MaintenanceGuard,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceModuleOptions,
} from '../../../lib/index.js';
import { answer } from '../../support/answer.js';
import { Load } from '../load.js';
import { quantile } from '../statistics.js';
import { until } from '../../support/until.js';

/** Decisions per call of the benchmark: one alone is shorter than what the clock can tell. */
const BATCH = 1_000;

/** Lets everybody pass who does not ask for it. */
class OnRequest extends MaintenanceStatus {
  override maintaining(): boolean {
    const { headers } = this.request as { headers: Record<string, string | undefined> };
    return this.value && headers['x-maintain'] !== undefined;
  }
}

class Cats {
  one(): object {
    return {};
  }
}

function controller(path: string): typeof Cats {
  class OfPath extends Cats {
    override one(): object {
      return {};
    }
  }
  const { value } = Object.getOwnPropertyDescriptor(OfPath.prototype, 'one') as PropertyDescriptor;
  Get()(OfPath.prototype, 'one', { value: value as object });
  Controller(path)(OfPath);
  return OfPath;
}

const paths = ['a', 'b', 'c'];
const numbered = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

async function start(adapter: string, options: MaintenanceModuleOptions) {
  @Module({
    imports: [MaintenanceModule.forRoot({ socket: false, admin: false, ...options })],
    controllers: paths.map(controller),
  })
  class AppModule {}
  const app: INestApplication = await NestFactory.create(
    AppModule,
    adapter === 'express' ? new ExpressAdapter() : new FastifyAdapter(),
    { logger: false },
  );
  const contexts: ExecutionContext[] = [];
  app.useGlobalGuards({
    canActivate: (context) => contexts.push(context) > 0,
  } satisfies CanActivate);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const load = await Load.open(port, 4);
  for (const path of paths) {
    while (contexts.length < (BATCH / paths.length) * (paths.indexOf(path) + 1)) {
      await load.run(5, { path: `/${path}` });
    }
  }
  load.close();
  contexts.splice(BATCH);
  // answered, and over: as a guard finds what it let pass before
  await until(() => contexts.every((context) => responseOf(context).closed), {
    what: 'the answers to be closed',
  });
  return { app, contexts, service: app.get(MaintenanceService), guard: app.get(MaintenanceGuard) };
}

function responseOf(context: ExecutionContext): { closed: boolean } {
  const reply = context.getArgByIndex<{ raw?: { closed: boolean }; closed: boolean }>(1);
  return reply.raw ?? reply;
}

/** Nanoseconds per decision: a hundred values that stand for all samples. */
async function time(
  guard: { canActivate(context: ExecutionContext): unknown },
  contexts: ExecutionContext[],
) {
  const bench = new Bench({ time: 300, warmupTime: 200, retainSamples: true });
  bench.add('decision', () => {
    let passed = 0;
    for (const context of contexts) {
      passed += guard.canActivate(context) === true ? 1 : 0;
    }
    if (passed !== contexts.length) {
      throw new Error(`only ${passed} of ${contexts.length} passed`);
    }
  });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed') {
    throw new Error(`the benchmark is ${result?.state}`);
  }
  const samples = result.latency.samples ?? [];
  return numbered(100, (index) => (quantile(samples, (index + 0.5) / 100) * 1e6) / contexts.length);
}

answer({
  reference: async (adapter: string) => {
    const { app, contexts } = await start(adapter, {});
    const samples = await time({ canActivate: () => true }, contexts);
    await app.close();
    return samples;
  },
  /** @param active how many of the registered keys are in maintenance and let the request pass */
  measure: async (adapter: string, keys: number, active: number, ignored: number) => {
    const { app, contexts, service, guard } = await start(adapter, {
      keys: numbered(keys, (index) => new MaintenanceKey(`key-${index}`, { statusClass: OnRequest })),
      ignorePaths: numbered(ignored, (index) => `/ignored/path-${index}`),
    });
    for (let i = 0; i < active; i++) {
      await service.setMaintenance(true, `key-${i}`);
    }
    const samples = await time(guard, contexts);
    await app.close();
    return samples;
  },
});
