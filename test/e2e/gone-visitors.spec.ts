import {
  Catch,
  Controller,
  Get,
  Injectable,
  Next,
  Res,
  StreamableFile,
  UseFilters,
  UseInterceptors,
  type ArgumentsHost,
  type CallHandler,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { connect, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { map, mergeMap, of, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { slowInterceptors } from '../support/slow-interceptors.js';
import { until } from '../support/until.js';

let gates = new Gates();
const { After: SlowAfterwards } = slowInterceptors(() => gates);

@Injectable()
class MakesFiles implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map((text: string) => new StreamableFile(Readable.from([Buffer.from(text)]))));
  }
}

async function* parts(): AsyncGenerator<string> {
  yield await gates.pass('work');
}

async function* bytes(): AsyncGenerator<Uint8Array> {
  for await (const part of parts()) {
    yield Buffer.from(part);
  }
}

@Injectable()
class MakesParts implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(map(parts));
  }
}

interface Reply {
  header(name: string, value: string): unknown;
  send(text: string): unknown;
  status(code: number): Reply;
}

@Catch(RangeError)
class SlowFilter implements ExceptionFilter {
  async catch(_error: RangeError, host: ArgumentsHost): Promise<void> {
    await gates.pass('work');
    host.switchToHttp().getResponse<Reply>().status(418).send('caught');
  }
}

class Routes {
  @UseInterceptors(SlowAfterwards)
  @Get('passthrough')
  passthrough(@Res({ passthrough: true }) reply: Reply): string {
    reply.header('x-seen', 'yes');
    return 'done';
  }

  @UseInterceptors(SlowAfterwards)
  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(Readable.from([Buffer.from('file')]));
  }

  /** Interceptors that stand first end last. */
  @UseInterceptors(SlowAfterwards, MakesFiles)
  @Get('madeFile')
  madeFile(): string {
    return 'file';
  }

  @UseFilters(SlowFilter)
  @Get('failing')
  failing(@Res() _reply: Reply): void {
    throw new RangeError('on purpose');
  }

  @UseFilters(SlowFilter)
  @Get('failingLater')
  async failingLater(@Res() _reply: Reply): Promise<void> {
    await delay(1);
    throw new RangeError('on purpose');
  }

  @Get('generated')
  generated(): StreamableFile {
    const parts = async function* () {
      yield Buffer.from('begun ');
      yield Buffer.from(await gates.pass('work'));
    };
    return new StreamableFile(Readable.from(parts()));
  }

  @Get('parts')
  parts(): AsyncGenerator<string> {
    return parts();
  }

  @Get('laterParts')
  async *laterParts(): AsyncGenerator<string> {
    yield 'begun ';
    yield* parts();
  }

  @UseInterceptors(MakesParts)
  @Get('madeParts')
  madeParts(): string {
    return 'parts';
  }

  /** It cannot be closed. */
  @Get('iterable')
  iterable(): AsyncIterable<string> {
    const made = parts();
    return { [Symbol.asyncIterator]: () => ({ next: () => made.next() }) };
  }

  @Get('webStream')
  webStream(): ReadableStream<string> {
    return ReadableStream.from(parts());
  }

  @Get('webResponse')
  webResponse(): Response {
    return new Response(ReadableStream.from(bytes()));
  }

  /** Of another implementation, such as undici's own. */
  @Get('otherResponse')
  otherResponse(): object {
    const { status, type, headers, body } = new Response(ReadableStream.from(bytes()));
    return { [Symbol.toStringTag]: 'Response', status, type, headers, body };
  }

  /** Its visitor is gone before anything is read. */
  @UseInterceptors(SlowAfterwards)
  @Get('unreadParts')
  async *unreadParts(): AsyncGenerator<string> {
    yield 'never';
  }

  @Get('unanswered')
  unanswered(@Next() _next: () => void): void {
    gates.begun.push('unanswered');
  }

  @Get('observed')
  observed(): Observable<string> {
    return of('done').pipe(mergeMap(async (value) => (await gates.pass('work'), value)));
  }
}

@Controller()
class PlainController extends Routes {}

/** Its calls are followed. */
@Controller()
class FollowedController extends Routes {
  constructor(readonly service: MaintenanceService) {
    super();
  }
}

/**
 * Nest 11 leaves the stream of a visitor who has gone as it is: whether anything still reads it cannot be seen. What is generated it
 * does not send.
 */
const closesStreams = process.env.NEST_MAJOR !== '11';

const GONE = ['passthrough', 'file', 'madeFile', 'failing', 'failingLater'].concat(
  closesStreams
    ? [
        'generated',
        'parts',
        'laterParts',
        'madeParts',
        'iterable',
        'webStream',
        'webResponse',
        'otherResponse',
        'unreadParts',
      ]
    : [],
);

describe.each(adapters)('a visitor who hangs up, on %s', (_adapter, createApp) => {
  describe.each([PlainController, FollowedController])('%o', (controller) => {
    const start = async () => {
      gates = new Gates();
      const app = await createApp({
        imports: [MaintenanceModule.forRoot({ redis: false, socket: false, admin: false })],
        controllers: [controller],
      });
      return { ...app, service: app.app.get(MaintenanceService), [Symbol.asyncDispose]: app.close };
    };

    const isLeft = (server: Server) =>
      new Promise<boolean>((resolve) => server.getConnections((_, count) => resolve(count === 0)));

    const ask = (port: number, path: string): Socket => {
      const visitor = connect(port, '127.0.0.1');
      visitor.on('error', () => undefined);
      visitor.write(`GET /${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      return visitor;
    };

    it.each(GONE)('does not end what is done for /%s', async (path) => {
      await using at = await start();
      const visitor = ask(at.port, path);
      await until(() => gates.begun.includes('work'));
      visitor.destroy();
      await until(() => isLeft(at.app.getHttpServer() as Server));
      await expect(at.service.maintain('general', () => 'began', { drain: 150 })).rejects.toThrow(
        `GET /${path}`,
      );
      gates.open('work');
      expect(await at.service.maintain('general', () => [...gates.ended])).toEqual(['work']);
    });

    it.each(['unanswered', 'observed'])('is not waited for once nobody answers /%s', async (path) => {
      await using at = await start();
      const visitor = ask(at.port, path);
      await until(() => gates.begun.length > 0);
      await expect(at.service.maintain('general', () => 'began', { drain: 150 })).rejects.toThrow(
        `GET /${path}`,
      );
      visitor.destroy();
      gates.open('work');
      expect(await at.service.maintain('general', () => 'began')).toBe('began');
    });
  });
});
