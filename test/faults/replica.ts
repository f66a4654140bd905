// One replica of the application under test: a process of its own that notes what it is about to do.
import {
  Controller,
  Get,
  Headers,
  HttpCode,
  Injectable,
  Module,
  Param,
  Post,
  Query,
  Res,
  Sse,
  StreamableFile,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { finalize, interval, map, take, type Observable } from 'rxjs';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStoreError,
  OnMaintenance,
  type MaintenanceChange,
} from '../../lib/index.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { answer } from '../support/answer.js';
import { skewRedisClock } from '../support/skewed-redis.js';
import { Journal, KEYS, PRESUMED_DEAD, replicaOf, type Applied, type Result, type Wish } from './history.js';
import { cancel, createWindowHooks, plan } from './planned.js';
import { loadKey } from './loaded.js';
import { waitingControllerOf } from './waiting.js';

const [redisPort, resourcePort, path, name, onStale, keyList, kind, events = ''] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  'serve' | 'block',
  string,
  'serves' | 'observes' | 'works',
  string?,
];
const known = keyList.split(',');
skewRedisClock();
const journal = new Journal(path, name);
journal.note({ e: 'boot', pid: process.pid });

let applied = (): Applied => ({ history: '', revision: 0, on: [] });

const enter = (call: string, route: string, attempts?: number): void =>
  journal.note({ e: 'enter', call, route, applied: applied(), ...(attempts !== undefined && { attempts }) });
const leave = (call: string): void => journal.note({ e: 'leave', call });
const handle = async (call: string, route: string, ms: number): Promise<void> => {
  enter(call, route);
  await delay(ms);
  leave(call);
};

// what is seldom needed would cost each start
const work = kind === 'works' ? await import('./workers.js') : undefined;
const sources = events.split(',').filter(Boolean);
const workers = work?.workersOf({
  name,
  redisPort: Number(redisPort),
  pattern: sources.length > 0 ? `events-${replicaOf(name)}` : 'events',
  journal,
  enter: (call, route, attempts) => {
    enter(call, route, attempts);
    return () => leave(call);
  },
});

/** The handlers of one key: one that takes its time, one that works on after its answer, answers that go on after it. */
function controllersOf(key: string): Type[] {
  // an older version has the same routes, and does not know that they belong to the key
  const mark = known.includes(key) ? MaintenanceKeys(key) : (): undefined => undefined;

  @Controller(key)
  @mark
  class KeyController {
    @Get('wait/:ms')
    async wait(@Headers('x-call') call: string, @Param('ms') ms: string): Promise<string> {
      await handle(call, `/${key}/wait`, Number(ms));
      return 'done';
    }

    @Post('write')
    @HttpCode(200)
    write(@Headers('x-call') call: string): string {
      enter(call, `/${key}/write`);
      leave(call);
      return 'done';
    }

    @Get('early/:ms')
    async early(@Headers('x-call') call: string, @Param('ms') ms: string, @Res() reply: FastifyReply) {
      enter(call, `/${key}/early`);
      reply.send('accepted');
      await delay(Number(ms));
      leave(call);
    }

    @Get('stream')
    stream(@Headers('x-call') call: string, @Query('ms') ms: string): StreamableFile {
      enter(call, `/${key}/stream`);
      return new StreamableFile(Readable.from(slowly(call, Number(ms))));
    }

    @Sse('events')
    events(@Headers('x-call') call: string, @Query('ms') ms: string): Observable<{ data: string }> {
      enter(call, `/${key}/events`);
      return interval(50).pipe(
        take(Math.ceil(Number(ms) / 50)),
        map((data) => ({ data: String(data) })),
        finalize(() => leave(call)),
      );
    }
  }
  return [KeyController, waitingControllerOf(key, mark, handle)];
}

async function* slowly(call: string, ms: number): AsyncGenerator<string> {
  try {
    for (let left = ms; left > 0; left -= 50) {
      yield 'x'.repeat(100);
      await delay(50);
    }
  } finally {
    leave(call);
  }
}

@Controller()
class OpenController {
  @MaintenanceExempt()
  @Get('health')
  health(@Headers('x-call') call: string): string {
    enter(call, '/health');
    leave(call);
    return 'up';
  }
}

@Injectable()
class AbandonedHook {
  @OnMaintenance('abandoned')
  tell({ key, holder }: MaintenanceChange): void {
    journal.note({ e: 'abandoned', key, pid: holder?.pid });
  }
}

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis: { host: '127.0.0.1', port: Number(redisPort) },
      presumedDead: PRESUMED_DEAD,
      callTimeout: 10_000,
      history: { keep: 100_000 },
      visitor: ({ headers }: { headers: Record<string, string> }) => {
        const late = Number(headers['x-late'] ?? 0);
        return late > 0 ? delay(late, headers['x-visitor']) : headers['x-visitor'];
      },
      keys: KEYS.filter((key) => known.includes(key)).map(
        (key) => new MaintenanceKey(key, { scope: 'marked' }),
      ),
      onStale,
      socket: false,
      admin: false,
    }),
    ...(workers?.imports ?? []),
  ],
  controllers:
    kind === 'observes'
      ? []
      : [OpenController, ...KEYS.flatMap(controllersOf), ...(workers?.controllers ?? [])],
  providers: [AbandonedHook, createWindowHooks(journal), ...(workers?.providers ?? [])],
})
class ReplicaModule {}

const app = await NestFactory.create<NestFastifyApplication>(ReplicaModule, new FastifyAdapter(), {
  logger: false,
});
const service = app.get(MaintenanceService);
const manager = app.get(StateManager);

applied = () => ({
  history: manager.document?.history ?? '',
  revision: manager.document?.revision ?? 0,
  on: manager.snapshot.active.map(({ key }) => key.name),
});
const beat = (): void => journal.note({ e: 'beat', applied: applied() });
service.changes.subscribe(beat);
setInterval(beat, 250);

await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
sources.forEach((source) => void listen(source));

/** Takes events from there, as soon as it can be reached. */
async function listen(source: string): Promise<void> {
  if (!work) throw new Error('Only who works takes events');
  const server = app.connectMicroservice(work.eventServer(source, name, Number(redisPort)), {
    inheritAppConfig: true,
  });
  for (;;) {
    try {
      return await server.listen();
    } catch {
      await delay(500);
    }
  }
}

/** What maintenance protects: it takes a write only from the newest holder it has heard of. */
async function write(op: string, key: string, fence: number): Promise<void> {
  await fetch(`http://127.0.0.1:${resourcePort}/`, {
    method: 'POST',
    body: JSON.stringify({ op, key, fence }),
  }).catch(() => undefined);
}

async function carryOut(
  op: string,
  wish: Wish,
  call: () => Promise<Pick<Result, 'missing' | 'id'>>,
): Promise<Result> {
  journal.note({ e: 'op', op, wish });
  let result: Result;
  try {
    result = { ok: true, ...(await call()) };
  } catch (error) {
    const { name, message } = error as Error;
    const refused = !(error instanceof MaintenanceStoreError) || error.outcome === 'refused';
    result = { ok: false, error: name, message, refused };
  }
  journal.note({ e: 'done', op, result });
  return result;
}

async function change(op: string, wish: Wish): Promise<Pick<Result, 'missing'>> {
  const { kind, key, timeout, acknowledge, reopenOver } = wish;
  if (kind === 'unset') {
    await service.unsetMaintenance(key);
    return {};
  }
  const { missing } = await service.setMaintenance(kind === 'enable', key, {
    message: op,
    ...(timeout !== undefined && { timeout }),
    ...(acknowledge !== undefined && { acknowledge }),
    ...(reopenOver !== undefined && { reopenOver }),
  });
  return missing ? { missing } : {};
}

/** Work in steps, each of which looks at the signal before it acts. */
export interface Work {
  readonly steps: number;
  /** Milliseconds of each. */
  readonly step: number;
  readonly blocking?: number;
  readonly fails?: boolean;
}

async function maintain(op: string, wish: Wish, { steps, step, blocking = 0, fails }: Work) {
  await service.maintain(
    wish.key,
    async ({ signal, fence }) => {
      journal.note({ e: 'work', op, fence });
      const aborted = (): void => {
        journal.note({ e: 'abort', op, why: (signal.reason as Error).message });
      };
      if (signal.aborted) aborted();
      else signal.addEventListener('abort', aborted);
      try {
        for (let i = 0; i < steps && !signal.aborted; i++) {
          journal.note({ e: 'act', op });
          await write(op, wish.key, fence);
          await delay(step);
        }
        if (fails) throw new RangeError('on purpose');
      } finally {
        signal.removeEventListener('abort', aborted);
        journal.note({ e: 'worked', op });
      }
    },
    {
      message: op,
      blocking,
      ...(wish.lock !== undefined && { lock: wish.lock }),
      ...(wish.drain !== undefined && { drain: wish.drain }),
      ...(wish.timeout !== undefined && { timeout: wish.timeout }),
    },
  );
  return {};
}

answer(
  {
    change: (op: string, wish: Wish) => carryOut(op, wish, () => change(op, wish)),
    plan: (op: string, wish: Wish) => carryOut(op, wish, () => plan(service, op, wish)),
    cancel: (op: string, wish: Wish, id: string) => carryOut(op, wish, () => cancel(service, op, id)),
    maintain: (op: string, wish: Wish, work: Work) => carryOut(op, wish, () => maintain(op, wish, work)),
    history: async () =>
      (await service.getHistory({ limit: 100_000 })).map(
        ({ id, key, cause, way, message, event, reason }) => ({
          id,
          key,
          cause,
          way,
          message,
          event,
          reason,
        }),
      ),
    facts: () => ({ ...applied(), health: service.health() }),
    /** Work that is no request; whether it began. */
    whileOpen: (call: string, key: string, ms: number): Promise<boolean> =>
      service
        .whileOpen(key, () => handle(call, `/${key}/background`, ms))
        .then(
          () => true,
          () => false,
        ),
    listen,
    load: (key: string) => loadKey(app, key),
    close: () => app.close(),
    block: (ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    },
  },
  { port, id: manager.replica.id },
);
