import {
  Catch,
  Controller,
  Get,
  Injectable,
  Res,
  Sse,
  StreamableFile,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  Query,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { concatWith, defer, finalize, firstValueFrom, from, map, mergeMap, of, type Observable } from 'rxjs';
import { io, type Socket } from 'socket.io-client';
import { afterEach, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

let gates = new Gates();

@Injectable()
class Around implements NestInterceptor {
  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const where = context.getHandler().name;
    if (where === 'interceptorBefore') {
      await gates.pass('work');
    }
    const result = next.handle();
    switch (where) {
      case 'interceptorAfter':
        return result.pipe(mergeMap(async (value) => (await gates.pass('work'), value)));
      case 'interceptorLast':
        return result.pipe(concatWith(defer(() => gates.pass('work'))));
      case 'interceptorFinalize':
        return result.pipe(finalize(() => void gates.pass('work')));
      case 'interceptorAhead':
        void gates.pass('work').then(() => firstValueFrom(result));
        return of('early');
      default:
        return result;
    }
  }
}

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    return Boolean(await gates.pass('work'));
  }
}

class SlowPipe implements PipeTransform {
  async transform(value: unknown): Promise<unknown> {
    await gates.pass('work');
    return value;
  }
}

@Catch(RangeError)
class SlowFilter implements ExceptionFilter {
  async catch(_: RangeError, host: ArgumentsHost): Promise<void> {
    const reply = host.switchToHttp().getResponse<Reply>();
    await gates.pass('work');
    reply.status(418).send('caught');
  }
}

/** Of either framework. */
interface Reply {
  send(text: string): unknown;
  status(code: number): Reply;
  raw?: { once(event: 'finish', listener: () => void): void };
  once?(event: 'finish', listener: () => void): void;
}
const onFinish = (reply: Reply, listener: () => void): void =>
  (reply.raw ?? (reply as Required<Reply>)).once('finish', listener);

@UseInterceptors(Around)
@Controller()
class WorkController {
  constructor(private readonly service: MaintenanceService) {}

  @Get('handler')
  async handler(): Promise<string> {
    return gates.pass('work');
  }

  @Get('handlerAfterAnswer')
  async handlerAfterAnswer(@Res() reply: Reply): Promise<void> {
    await reply.send('early');
    await gates.pass('work');
  }

  @Get('callback')
  callback(@Res() reply: Reply): void {
    void gates.pass('work').then(() => reply.send('late'));
  }

  @Get('observable')
  observable(): Observable<string> {
    return defer(() => gates.pass('work'));
  }

  @Get('stream')
  stream(): StreamableFile {
    const parts = async function* () {
      yield 'begun ';
      yield await gates.pass('work');
    };
    return new StreamableFile(Readable.from(parts()));
  }

  @Sse('events')
  events(): Observable<{ data: string }> {
    return from(gates.pass('work')).pipe(map((data) => ({ data })));
  }

  @Get('interceptorBefore')
  interceptorBefore(): string {
    return 'done';
  }

  @Get('interceptorAfter')
  interceptorAfter(): string {
    return 'done';
  }

  @Get('interceptorLast')
  interceptorLast(): string {
    return 'done';
  }

  @Get('interceptorFinalize')
  interceptorFinalize(): string {
    return 'done';
  }

  @Get('interceptorAhead')
  interceptorAhead(): string {
    return 'done';
  }

  @UseGuards(SlowGuard)
  @Get('guard')
  guard(): string {
    return 'done';
  }

  @UsePipes(SlowPipe)
  @Get('pipe')
  pipe(@Query('a') _a?: string): string {
    return 'done';
  }

  @UseFilters(SlowFilter)
  @Get('filter')
  filter(): string {
    throw new RangeError('on purpose');
  }

  @Get('forgotten')
  forgotten(): string {
    void gates.pass('work');
    return 'done';
  }

  @Get('forgottenCounted')
  forgottenCounted(): string {
    void this.service.whileOpen('general', () => gates.pass('work'));
    return 'done';
  }

  @Get('finish')
  finish(@Res() reply: Reply): void {
    onFinish(reply, () => void gates.pass('work'));
    reply.send('done');
  }

  @Get('finishCounted')
  finishCounted(@Res() reply: Reply): void {
    onFinish(reply, () => void this.service.whileOpen('general', () => gates.pass('work')));
    reply.send('done');
  }

  @Get('middleware')
  middleware(): string {
    return 'done';
  }

  @Get('middlewareCounted')
  middlewareCounted(): string {
    return 'done';
  }
}

@WebSocketGateway()
class Gateway {
  async handleConnection(): Promise<void> {
    if (gates.begun.includes('connects')) {
      await gates.pass('work');
    }
  }

  async handleDisconnect(): Promise<void> {
    if (gates.begun.includes('disconnects')) {
      await gates.pass('work');
    }
  }
}

type Use = (request: { url?: string }, reply: unknown, next: () => void) => void;

/** Route, what the document's row says, and whether a drain waits for it. */
const ROWS: readonly (readonly [path: string, row: string, counts: boolean])[] = [
  ['handler', 'A handler, until its promise has settled', true],
  ['handlerAfterAnswer', 'A handler that goes on after its response', true],
  ['callback', 'A handler with `@Res()` that responds later, in a callback', true],
  ['observable', 'A handler that returns an observable', true],
  ['stream', 'A stream or a file, until it is sent', true],
  ['events', 'Server-sent events, until they end', true],
  ['guard', 'Guards of the application, after the maintenance guard', true],
  ['pipe', 'Pipes', true],
  ['interceptorBefore', 'Interceptors before the handler', true],
  ['interceptorAfter', 'Interceptors after the handler, as far as the response waits for them', true],
  ['interceptorLast', 'Interceptors that change what the handler returned', true],
  ['filter', 'Exception filters, until they have responded', true],
  ['interceptorFinalize', 'What an interceptor leaves running (`finalize`, `tap`)', false],
  [
    'interceptorAhead',
    'A handler that an interceptor begins after an answer of its own, until it has begun',
    false,
  ],
  ['forgotten', 'What a handler starts and does not await', false],
  ['forgottenCounted', 'The same, under `whileOpen()`', true],
  ['finish', "What runs on `res.on('finish')`", false],
  ['finishCounted', "`res.on('finish')` with `whileOpen()` in it", true],
  ['middleware', 'Middleware, before the maintenance guard has decided', false],
  ['middlewareCounted', 'What middleware does under `whileOpen()`', true],
];

const HUNG_UP =
  'What still runs in a callback, or below an observable, after the client of such a handler has hung up';

describe.each(adapters)('a drain, on %s', (name, createApp) => {
  let socket: Socket | undefined;
  afterEach(() => {
    socket?.disconnect();
    socket = undefined;
  });

  const start = async () => {
    gates = new Gates();
    const app = await createApp(
      {
        imports: [MaintenanceModule.forRoot({ socket: false, admin: false })],
        controllers: [WorkController],
        providers: [Gateway],
      },
      (instance) => {
        const service = instance.get(MaintenanceService);
        const use: Use = ({ url = '' }, _reply, next) => {
          if (url.startsWith('/middlewareCounted')) {
            void service.whileOpen('general', () => gates.pass('work')).then(next);
          } else if (url.startsWith('/middleware')) {
            void gates.pass('work').then(next);
          } else {
            next();
          }
        };
        instance.use(use);
      },
    );
    return { ...app, service: app.app.get(MaintenanceService), [Symbol.asyncDispose]: app.close };
  };

  /** Does maintenance wait for what is going on at the gate. What does not count may be slow all the same. */
  const waits = async (service: MaintenanceService, counts = true): Promise<boolean> => {
    await until(() => gates.begun.includes('work'));
    const drain = counts ? 150 : 5_000;
    const outcome = await service.maintain('general', () => 'began', { drain }).catch(String);
    expect(gates.ended).toEqual([]);
    if (outcome === 'began') return false;
    expect(outcome).toMatch(/MaintenanceDrainError/);
    const patient = service.maintain('general', () => gates.ended.includes('work'), { drain: 10_000 });
    await until(() => service.isActive('general'));
    gates.open('work');
    expect(await patient).toBe(true);
    return true;
  };

  it.each(ROWS)('waits for /%s as documented: %s', async (path, _row, counts) => {
    await using at = await start();
    const answer = request(at.port, `/${path}?a=1`).catch(() => undefined);
    expect(await waits(at.service, counts)).toBe(counts);
    gates.open('work');
    await answer;
  });

  it.each(['callback', 'observable'])('does not wait for /%s once the client has hung up', async (path) => {
    await using at = await start();
    const client = connect(at.port, '127.0.0.1');
    client.on('error', () => undefined);
    client.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await until(() => gates.begun.includes('work'));
    client.destroy();
    expect(await waits(at.service, false)).toBe(false);
    gates.open('work');
  });

  it.each(['connects', 'disconnects'])('waits for what a gateway does when a client %s', async (when) => {
    await using at = await start();
    void gates.pass(when);
    gates.open(when);
    gates.ended.length = 0;
    const client = io(at.url, { transports: ['websocket'], forceNew: true });
    socket = client;
    await until(() => client.connected);
    gates.ended.length = 0;
    if (when === 'disconnects') client.disconnect();
    expect(await waits(at.service)).toBe(true);
  });

  it('is documented by a table with each of these rows', () => {
    const text = readFileSync(new URL('../../docs/maintain-and-drain.md', import.meta.url), 'utf8');
    const cells = new Map(
      [...text.matchAll(/^\| (.+?) +\| (yes|no)\b/gm)].map(([, row, counts]) => [row, counts]),
    );
    for (const [, row, counts] of [...ROWS, ['', HUNG_UP, false] as const]) {
      expect([row, cells.get(row)]).toEqual([row, counts ? 'yes' : 'no']);
    }
    expect(name).toMatch(/express|fastify/);
  });
});
