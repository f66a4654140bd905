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
  HOUR,
  MaintenanceGuard,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceModuleOptions,
} from '../../../lib/index.js';
import { InFlight } from '../../../lib/in-flight/in-flight.js';
import { answer } from '../../support/answer.js';
import { Load } from '../load.js';
import { keysForWindows, planWindows } from '../plan-windows.js';
import { quantile } from '../statistics.js';
import { until } from '../../support/until.js';

/** Requests that the decisions are about: as many as may be under way at a time. */
const REQUESTS = 60;
/** Decisions per call of the benchmark: one alone is shorter than what the clock can tell. */
const BATCH = REQUESTS * 200;

/** Cookies of somebody who is back first, among others. */
const VISITOR = 'session=0123456789abcdef0123456789abcdef; theme=dark; maintenance-visitor=0; language=de';

/** Lets everybody pass. */
class Passing extends MaintenanceStatus {
  override maintaining(): boolean {
    return false;
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

async function start(adapter: string, options: MaintenanceModuleOptions, cookie = '') {
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
    while (contexts.length < (REQUESTS / paths.length) * (paths.indexOf(path) + 1)) {
      await load.run(5, { path: `/${path}`, cookie });
    }
  }
  load.close();
  contexts.splice(REQUESTS);
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

/** Milliseconds of CPU time: what else the machine does shall not count. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/**
 * Nanoseconds per decision: a hundred values that stand for all samples.
 * @param renew makes a request of another that nothing is known of; default: each is decided again and again
 */
async function time(
  guard: { canActivate(context: ExecutionContext): unknown },
  contexts: ExecutionContext[],
  renew?: (context: ExecutionContext) => ExecutionContext,
) {
  let decided = contexts;
  const bench = new Bench({ time: 300, warmupTime: 200, retainSamples: true, now: cpuTime });
  const decide = (): void => {
    let passed = 0;
    for (let i = 0; i < BATCH / decided.length; i++) {
      for (const context of decided) {
        passed += guard.canActivate(context) === true ? 1 : 0;
      }
    }
    if (passed !== BATCH) {
      throw new Error(`only ${passed} of ${BATCH} passed`);
    }
  };
  const beforeEach = (): void => {
    if (renew) {
      decided = numbered(BATCH, (index) => renew(contexts[index % REQUESTS] as ExecutionContext));
    }
  };
  bench.add('decision', decide, { beforeEach });
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result?.state !== 'completed') {
    throw new Error(`the benchmark is ${result?.state}`);
  }
  const samples = result.latency.samples ?? [];
  return numbered(100, (index) => (quantile(samples, (index + 0.5) / 100) * 1e6) / BATCH);
}

/** What is decided. */
export interface Decided {
  /** Registered. */
  readonly keys: number;
  /** How many of these are in maintenance; all of them let the request pass. */
  readonly active: number;
  /** Paths. */
  readonly ignored: number;
  /** Is what passes noted as under way, for those who drain. */
  readonly noted: boolean;
  /** Do keys concern marked handlers only, which none of these is; else their status lets everybody pass. */
  readonly marked: boolean;
}

answer({
  reference: async (adapter: string) => {
    const { app, contexts } = await start(adapter, {});
    const samples = await time({ canActivate: () => true }, contexts);
    await app.close();
    return samples;
  },
  /** Five objects of a class of the application's own, made and asked: the least that keys with such a class can cost. */
  asked: async (adapter: string) => {
    const { app, contexts } = await start(adapter, {});
    const keys = numbered(5, (index) => new MaintenanceKey(`key-${index}`, { statusClass: Passing }));
    const samples = await time(
      {
        canActivate: (context) =>
          keys.every((key) => !new (key.getStatusClass())(true, key, context.getArgByIndex(0)).active),
      },
      contexts,
    );
    await app.close();
    return samples;
  },
  measure: async (adapter: string, { keys, active, ignored, noted, marked }: Decided) => {
    const { app, contexts, service, guard } = await start(adapter, {
      keys: numbered(keys, (index) =>
        marked
          ? new MaintenanceKey(`key-${index}`, { scope: 'marked' })
          : new MaintenanceKey(`key-${index}`, { statusClass: Passing }),
      ),
      ignorePaths: numbered(ignored, (index) => `/ignored/path-${index}`),
    });
    if (!noted) {
      Object.assign(app.get(InFlight), { admit: () => undefined });
    }
    for (let i = 0; i < active; i++) {
      await service.setMaintenance(true, `key-${i}`);
    }
    const samples = await time(guard, contexts);
    await app.close();
    return samples;
  },
  /** The decision alone, with nothing active. @param windows how many are planned */
  planned: async (adapter: string, windows: number) => {
    const { app, contexts, service, guard } = await start(adapter, { keys: keysForWindows(1_000) });
    Object.assign(app.get(InFlight), { admit: () => undefined });
    await planWindows(service, windows);
    const samples = await time(guard, contexts);
    await app.close();
    return samples;
  },
  /** The decision alone, for visitors who are back while a key opens for one after another. @param by what visitors are known by */
  reopening: async (adapter: string, by: 'cookie' | 'address' | 'function') => {
    const visitor = ({ headers }: { headers: { cookie?: string } }): unknown => headers.cookie?.slice(8, 40);
    const options = {
      keys: [new MaintenanceKey('opening')],
      ...(by === 'function' && { visitor: visitor as never }),
    };
    const cookie = by === 'cookie' ? VISITOR : VISITOR.replace(/ maintenance-visitor=0;/, '');
    const { app, contexts, service, guard } = await start(adapter, options, cookie);
    Object.assign(app.get(InFlight), { admit: () => undefined });
    await service.setMaintenance(true, 'opening');
    await service.setMaintenance(false, 'opening', { reopenOver: 1_000 });
    await until(() => passes(guard, contexts), { what: 'the visitors to be back' });
    // who is in stays in
    await service.setMaintenance(false, 'opening', { reopenOver: HOUR });
    const samples = await time(guard, contexts, by === 'function' ? renewed : undefined);
    await app.close();
    return samples;
  },
});

function passes(
  guard: { canActivate(context: ExecutionContext): unknown },
  contexts: readonly ExecutionContext[],
): boolean {
  try {
    return contexts.every((context) => guard.canActivate(context) === true);
  } catch {
    return false;
  }
}

/** The same with a request of its own: the application is asked once about each. */
function renewed(context: ExecutionContext): ExecutionContext {
  const [request, ...others] = context.getArgs<[object, ...unknown[]]>();
  const args = [Object.create(request) as object, ...others];
  return Object.assign(Object.create(context) as ExecutionContext, { args });
}
