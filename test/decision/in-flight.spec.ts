import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import {
  Controller,
  Get,
  Inject,
  Injectable,
  Param,
  Res,
  Scope,
  Sse,
  StreamableFile,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { MaintenanceGuard, MaintenanceService } from 'nestjs-maintenance';
import { defer, NEVER, startWith } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

/** Nest 11 goes on listening to an observable whose visitor has left. */
const NEST = Number(process.env['NEST_MAJOR'] ?? 12);

let entered = 0;
let open: () => void = () => undefined;
let held: Promise<void> = Promise.resolve();
let guarded: Promise<void> = Promise.resolve();

const close = (): void => {
  entered = 0;
  held = new Promise((resolve) => (open = resolve));
};

class LateGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    await guarded;
    return true;
  }
}

class DenyGuard implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller('works')
class WorksController {
  @Get('plain/:id')
  async plain(@Param('id') id: string): Promise<string> {
    entered++;
    await held;
    return id;
  }

  @Get('failing')
  async failing(): Promise<never> {
    entered++;
    await held;
    throw new Error('on purpose');
  }

  /** Answers by itself, and not at all when the visitor has left. */
  @Get('silent')
  async silent(@Res() reply: { raw?: unknown; hijack?(): void; destroyed?: boolean }): Promise<void> {
    reply.hijack?.();
    entered++;
    await held;
  }

  @Get('early')
  async early(@Res() reply: { send(text: string): void }): Promise<void> {
    entered++;
    reply.send('sent');
    await held;
  }

  @Sse('events')
  events(): unknown {
    entered++;
    return NEVER.pipe(startWith({ data: 'hello' }));
  }

  @Get('observable')
  observable(): unknown {
    entered++;
    return NEVER;
  }

  /** Does its work when somebody listens. */
  @Get('deferred')
  deferred(): unknown {
    return defer(async () => {
      entered++;
      await held;
      return 'deferred';
    });
  }

  @Get('stream')
  stream(): StreamableFile {
    entered++;
    return new StreamableFile(new Readable({ read: () => undefined }));
  }

  @Get('late-stream')
  async lateStream(): Promise<StreamableFile> {
    entered++;
    await held;
    return new StreamableFile(new Readable({ read: () => undefined }));
  }

  @UseGuards(DenyGuard)
  @Get('denied')
  denied(): string {
    return 'denied';
  }

  @UseGuards(LateGuard)
  @Get('late')
  late(): string {
    entered++;
    return 'late';
  }

  @UseGuards(MaintenanceGuard)
  @Get('twice')
  async twice(): Promise<string> {
    entered++;
    await held;
    return 'twice';
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

@Controller('scoped')
class ScopedController {
  constructor(@Inject(PerRequest) readonly perRequest: PerRequest) {}

  @Get()
  async get(): Promise<string> {
    entered++;
    await held;
    return 'scoped';
  }
}

@Controller('jobs')
class JobsController {
  constructor(private readonly service: MaintenanceService) {}

  @Get()
  run(): Promise<string> {
    return this.service.maintain('general', () => 'worked', { drain: 20_000, blocking: true });
  }
}

const sockets: Socket[] = [];
const visit = (port: number, path: string): Socket => {
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`),
  );
  socket.on('error', () => undefined);
  sockets.push(socket);
  return socket;
};

afterEach(() => {
  open();
  sockets.splice(0).forEach((socket) => socket.destroy());
});

describe.each(adapters)('calls in flight on %s', (_name, createApp) => {
  const start = (): Promise<RunningApp> =>
    createApp({
      imports: [maintenance()],
      controllers: [WorksController, ScopedController, JobsController],
      providers: [PerRequest],
    });
  const remaining = ({ app }: RunningApp): string[] => app.get(InFlight).remaining(() => true);
  const size = ({ app }: RunningApp): number => app.get(InFlight).size;

  it('are named by method and route while they last', async () => {
    await using running = await start();
    close();
    const calls = ['1', '2'].map((id) => request(running.port, `/works/plain/${id}`));
    await until(() => entered === 2);
    expect(remaining(running)).toEqual(['GET /works/plain/:id']);
    expect(size(running)).toBe(2);
    expect(running.app.get(InFlight).remaining(() => false)).toEqual([]);
    open();
    expect((await Promise.all(calls)).map(({ text }) => text)).toEqual(['1', '2']);
    await until(() => size(running) === 0);
    expect(remaining(running)).toEqual([]);
  });

  it('are named after GET, although a monitor has asked with HEAD before', async () => {
    await using running = await start();
    await request(running.port, '/works/plain/0', { method: 'HEAD' });
    close();
    entered = 0;
    const call = request(running.port, '/works/plain/1');
    await until(() => entered === 1);
    expect(remaining(running)).toEqual(['GET /works/plain/:id']);
    open();
    await call;
  });

  it.each(['/works/plain/1', '/works/failing', '/works/silent', '/scoped'])(
    'outlast a visitor who hangs up, until the handler has settled: %s',
    async (path) => {
      await using running = await start();
      close();
      const socket = visit(running.port, path);
      await until(() => entered === 1);
      socket.destroy();
      // another request, begun after the first was given up, is over: the server has noticed
      await request(running.port, '/works/denied');
      expect(remaining(running)).toHaveLength(1);
      open();
      await until(() => size(running) === 0 && remaining(running).length === 0);
    },
  );

  it.each(['/works/stream', ...(NEST > 11 ? ['/works/observable'] : [])])(
    'end if the visitor hangs up before the first byte of a stream: %s',
    async (path) => {
      await using running = await start();
      close();
      const socket = visit(running.port, path);
      await until(() => entered === 1);
      expect(remaining(running)).toHaveLength(1);
      socket.destroy();
      await until(() => size(running) === 0 && remaining(running).length === 0);
    },
  );

  it.each(['/works/late-stream', '/works/deferred'])(
    'end if the visitor hangs up only when they can cause no more work: %s',
    async (path) => {
      await using running = await start();
      close();
      const socket = visit(running.port, path);
      await until(() => entered === 1);
      expect(remaining(running)).toHaveLength(1);
      socket.destroy();
      await request(running.port, '/works/denied');
      open();
      await until(() => size(running) === 0 && remaining(running).length === 0);
    },
  );

  it('keep nothing of a request that is over', async () => {
    await using running = await start();
    open();
    for (let i = 0; i < 3; i++) await request(running.port, '/works/plain/1');
    const { entries, handlers } = running.app.get(InFlight) as unknown as {
      entries: unknown[];
      handlers: Map<object, ExecutionContext>;
    };
    await until(() => entries.every((entry) => entry === undefined));
    const kept = [...handlers.values()].flatMap((context) => context.getArgs<object[]>());
    expect(kept.map((request) => Object.keys(request))).toEqual([
      ['method', 'headers', 'route', 'routeOptions'],
    ]);
  });

  it('outlast an answer that is sent early', async () => {
    await using running = await start();
    close();
    expect((await request(running.port, '/works/early')).text).toBe('sent');
    await until(() => size(running) === 0);
    expect(remaining(running)).toEqual(['GET /works/early']);
    open();
    await until(() => remaining(running).length === 0);
  });

  it('last as long as a stream of events', async () => {
    await using running = await start();
    close();
    const socket = visit(running.port, '/works/events');
    await until(() => entered === 1);
    expect(remaining(running)).toEqual(['GET /works/events']);
    socket.destroy();
    await until(() => remaining(running).length === 0);
  });

  it('count while other guards decide, and not after they deny', async () => {
    await using running = await start();
    let pass = (): void => undefined;
    guarded = new Promise((resolve) => (pass = resolve));
    close();
    const late = request(running.port, '/works/late');
    await until(() => size(running) === 1);
    expect(entered).toBe(0);
    expect(remaining(running)).toEqual(['GET /works/late']);
    pass();
    expect((await late).text).toBe('late');
    expect((await request(running.port, '/works/denied')).status).toBe(403);
    await until(() => size(running) === 0);
  });

  it('count once, even with two of our guards in the chain', async () => {
    await using running = await start();
    close();
    const call = request(running.port, '/works/twice');
    await until(() => entered === 1);
    expect(size(running)).toBe(1);
    open();
    await call;
  });

  it('do not pile up', async () => {
    await using running = await start();
    open();
    held = Promise.resolve();
    for (let round = 0; round < 20; round++) {
      await Promise.all(Array.from({ length: 20 }, () => request(running.port, '/works/plain/1')));
    }
    await until(() => size(running) === 0);
    const { entries } = running.app.get(InFlight) as unknown as { entries: unknown[] };
    expect(entries.length).toBeLessThan(400);
  });

  it('delay a drain until they are over', async () => {
    await using running = await start();
    close();
    const call = request(running.port, '/works/plain/1');
    await until(() => entered === 1);
    await expect(serviceOf(running).maintain('general', () => 'never', { drain: 50 })).rejects.toThrow(
      'GET /works/plain/:id',
    );
    open();
    await call;
    expect(await serviceOf(running).maintain('general', () => 'done')).toBe('done');
  });

  it('do not wait for themselves: handlers that call maintain()', async () => {
    await using running = await start();
    const answers = await Promise.all([1, 2, 3].map(() => request(running.port, '/jobs')));
    const texts = answers.filter(({ status }) => status === 200).map(({ text }) => text);
    expect(texts.length).toBeGreaterThan(0);
    expect(new Set(texts)).toEqual(new Set(['worked']));
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
    await until(() => size(running) === 0);
  });
});
