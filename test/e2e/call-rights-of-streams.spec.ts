import { Controller, Get, Injectable, Res, Sse, StreamableFile, type MessageEvent } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport, type TcpClientOptions } from '@nestjs/microservices';
import {
  MaintenanceDrainError,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
} from 'nestjs-maintenance';
import { Readable } from 'node:stream';
import { from, lastValueFrom, type Observable } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';

let gates: Gates;
let found: unknown[];

beforeEach(() => {
  gates = new Gates();
  found = [];
});

@Injectable()
class Reports {
  constructor(readonly service: MaintenanceService) {}

  /** Two parts; what it finds before and after it was held up in between, and when its handler had the signal. */
  async *parts(ofHandler: AbortSignal): AsyncGenerator<string> {
    const { service } = this;
    found.push(service.mayContinue());
    yield 'first';
    const own = service.getCallSignal();
    found.push(await service.whileOpen('reports', () => 'open', { otherwise: 'skip' }));
    await gates.pass('part');
    found.push(service.mayContinue(), own.aborted, ofHandler.aborted);
    yield 'second';
  }

  read(): Readable {
    return Readable.from(this.parts(this.service.getCallSignal()));
  }

  listen(): Observable<string> {
    return from(this.parts(this.service.getCallSignal()));
  }
}

interface RawReply extends NodeJS.WritableStream {
  readonly raw?: NodeJS.WritableStream;
}

@Controller()
class ReportsController {
  constructor(private readonly reports: Reports) {}

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(this.reports.read());
  }

  @Get('later')
  async later(): Promise<StreamableFile> {
    await Promise.resolve();
    return this.file();
  }

  @Get('observable')
  observable(): Observable<string> {
    return this.reports.listen();
  }

  @Sse('events')
  events(): Observable<MessageEvent> {
    return this.reports.listen() as Observable<unknown> as Observable<MessageEvent>;
  }

  @Sse('later-events')
  async laterEvents(): Promise<Observable<MessageEvent>> {
    await Promise.resolve();
    return this.events();
  }

  @Get('written')
  written(@Res() reply: RawReply): void {
    const response = reply.raw ?? reply;
    void (async () => {
      for await (const part of this.reports.parts(this.reports.service.getCallSignal())) {
        response.write(part);
      }
      response.end();
    })();
  }

  @Get('left')
  left(): string {
    void (async () => {
      await gates.pass('part');
      found.push(this.reports.service.mayContinue());
    })();
    return 'left running';
  }

  @MessagePattern('observable')
  message(): Observable<string> {
    return this.reports.listen();
  }

  @MessagePattern('later')
  async laterMessage(): Promise<Observable<string>> {
    await Promise.resolve();
    return this.message();
  }
}

describe.each(adapters)('what a stream of a handler may still do, on %s', (_name, createApp) => {
  const tcp = async (): Promise<TcpClientOptions> => ({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: await freePort() },
  });

  const start = async (server: TcpClientOptions, followCalls = false) => {
    const app = await createApp(
      {
        imports: [
          MaintenanceModule.forRoot({
            keys: [new MaintenanceKey('reports')],
            followCalls,
            socket: false,
            admin: false,
          }),
        ],
        controllers: [ReportsController],
        providers: [Reports],
      },
      async (nest) => {
        nest.connectMicroservice(server, { inheritAppConfig: true });
        await nest.startAllMicroservices();
      },
    );
    return { ...app, service: app.app.get(MaintenanceService), [Symbol.asyncDispose]: app.close };
  };

  /** A drain that gives up while the stream is open. */
  const giveUp = async (service: MaintenanceService): Promise<void> => {
    await until(() => gates.begun.includes('part'));
    // longer than following stays on for calls that are over
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await expect(service.maintain('reports', () => 'never', { drain: 60 })).rejects.toBeInstanceOf(
      MaintenanceDrainError,
    );
    gates.open('part');
    await until(() => found.length === 5);
  };

  it.each(['file', 'later', 'observable', 'events', 'later-events', 'written'])(
    'depends on its request, after the handler as well: /%s',
    async (path) => {
      await using at = await start(await tcp());
      const answer = request(at.port, `/${path}`);
      await giveUp(at.service);
      expect((await answer).text).toContain('second');
      expect(found).toEqual([true, 'open', false, true, true]);
    },
  );

  it.each(['observable', 'later'])('depends on its message: %s', async (pattern) => {
    const server = await tcp();
    await using at = await start(server);
    const client = ClientProxyFactory.create(server);
    const answer = lastValueFrom(client.send<string>(pattern, {}));
    await giveUp(at.service);
    expect(await answer).toBe('second');
    expect(found).toEqual([true, 'open', false, true, true]);
    client.close();
  });

  it('can be asked long after the handler with followCalls, even if nothing else runs', async () => {
    await using at = await start(await tcp(), true);
    await request(at.port, '/left');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    gates.open('part');
    await until(() => found.length > 0);
    expect(found).toEqual([true]);
  });

  it.each(['file', 'observable', 'events'])(
    'includes work of the key that a drain is waiting for: /%s',
    async (path) => {
      await using at = await start(await tcp());
      const { service } = at;
      const reports = at.app.get(Reports);
      const parts = reports.parts.bind(reports);
      reports.parts = async function* (signal) {
        yield* parts(signal);
        await until(() => service.isActive('reports'));
        found.push(await service.whileOpen('reports', () => 'a part of it'));
        yield 'third';
      };
      const answer = request(at.port, `/${path}`);
      await until(() => gates.begun.includes('part'));
      const drained = service.maintain('reports', () => 'drained', { drain: 5_000 });
      gates.open('part');
      expect((await answer).text).toContain('third');
      expect(await drained).toBe('drained');
      expect(found.at(-1)).toBe('a part of it');
    },
  );
});
