import { Body, Controller, Post, Req, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters, createExpressApp, type CreateApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

/** What has happened, in order. */
let told: string[] = [];
let open: () => void = () => undefined;
let held: Promise<void> = Promise.resolve();

@Controller('uploads')
class UploadsController {
  /** Reads as it arrives, and writes what it has got even when the rest never comes. */
  @Post('raw')
  async raw(@Req() incoming: IncomingMessage & { raw?: IncomingMessage }): Promise<string> {
    let size = 0;
    try {
      for await (const chunk of incoming.raw ?? incoming) {
        size += (chunk as Buffer).length;
        told.push(`got ${size}`);
      }
    } catch {
      told.push('cut off');
    }
    await held;
    told.push('written');
    return String(size);
  }

  @Post('parsed')
  parsed(@Body() body: unknown): unknown {
    told.push('written');
    return body;
  }

  @UseInterceptors(FileInterceptor('file'))
  @Post('multipart')
  async multipart(@UploadedFile() file: { size: number }): Promise<number> {
    told.push(`got ${file.size}`);
    await held;
    told.push('written');
    return file.size;
  }
}

const sockets: Socket[] = [];

/** A request whose body is sent bit by bit. */
class Upload {
  private readonly socket: Socket;
  private received = '';

  constructor(port: number, path: string, type: string) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('data', (chunk: Buffer) => (this.received += chunk.toString()));
    this.socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    sockets.push(this.socket);
  }

  send(text: string): void {
    this.socket.write(`${text.length.toString(16)}\r\n${text}\r\n`);
  }

  end(): void {
    this.socket.write('0\r\n\r\n');
  }

  /** Sends the end, and gives the status. */
  async finish(): Promise<number> {
    this.end();
    await until(() => this.received.includes('\r\n\r\n'));
    return Number(/^HTTP\/1.1 (\d+)/.exec(this.received)?.[1]);
  }

  hangUp(): void {
    this.socket.destroy();
  }
}

const remaining = ({ app }: RunningApp): string[] => app.get(InFlight).remaining(() => true);

/** Is somebody who does not wait for long told of that route. */
async function expectWaitedFor(running: RunningApp, route: string): Promise<void> {
  const hasty = serviceOf(running).maintain('general', () => told.push('too early'), { drain: 50 });
  await expect(hasty).rejects.toMatchObject({ name: 'MaintenanceDrainError', routes: [route] });
}

/** Begins work that waits for what is left. The site is closed when this settles. */
async function beginWork(running: RunningApp): Promise<{ work: Promise<unknown> }> {
  const work = serviceOf(running).maintain('general', () => told.push('work'), { drain: 20_000 });
  await until(() => serviceOf(running).isInMaintenance().value);
  return { work };
}

beforeEach(() => {
  told = [];
  held = new Promise((resolve) => (open = resolve));
});
afterEach(() => {
  open();
  sockets.splice(0).forEach((socket) => socket.destroy());
});

/** Fastify leaves such a body alone, as Express does. */
interface FastifyLike {
  addContentTypeParser?(
    type: string,
    parse: (request: unknown, body: unknown, done: () => void) => void,
  ): void;
}

const startWith = (createApp: CreateApp): Promise<RunningApp> =>
  createApp({ imports: [maintenance()], controllers: [UploadsController] }, (app) => {
    const server = app.getHttpAdapter().getInstance() as FastifyLike;
    server.addContentTypeParser?.('application/octet-stream', (_request, _body, done) => done());
  });

describe.each(adapters)('uploads on %s', (_name, createApp) => {
  const RAW = 'POST /uploads/raw';

  it('are waited for while their body arrives, and until their handler has ended', async () => {
    await using running = await startWith(createApp);
    const upload = new Upload(running.port, '/uploads/raw', 'application/octet-stream');
    upload.send('half');
    await until(() => told.includes('got 4'));
    await expectWaitedFor(running, RAW);
    const { work } = await beginWork(running);
    upload.send('rest');
    await until(() => told.includes('got 8'));
    const answer = upload.finish();
    open();
    expect(await answer).toBe(201);
    await work;
    expect(told).toEqual(['got 4', 'got 8', 'written', 'work']);
  });

  it('whose visitor hangs up in the middle are waited for while their handler still writes', async () => {
    await using running = await startWith(createApp);
    const upload = new Upload(running.port, '/uploads/raw', 'application/octet-stream');
    upload.send('half');
    await until(() => told.includes('got 4'));
    upload.hangUp();
    await until(() => told.includes('cut off'));
    await expectWaitedFor(running, RAW);
    const { work } = await beginWork(running);
    expect(remaining(running)).toEqual([RAW]);
    open();
    await work;
    expect(told).toEqual(['got 4', 'cut off', 'written', 'work']);
    await until(() => remaining(running).length === 0);
  });

  it('that the framework reads before the handler delay no drain, and are refused once they have arrived', async () => {
    await using running = await startWith(createApp);
    const upload = new Upload(running.port, '/uploads/parsed', 'application/json');
    upload.send('{"half":');
    const first = await request(running.port, '/uploads/parsed', { method: 'POST', json: {} });
    expect(first.status).toBe(201);
    const status = await serviceOf(running).maintain('general', async () => {
      told.push('work');
      upload.send('true}');
      return upload.finish();
    });
    expect(status).toBe(503);
    expect(told).toEqual(['written', 'work']);
  });
});

describe('multipart uploads', () => {
  const ROUTE = 'POST /uploads/multipart';
  const begin = ({ port }: RunningApp): Upload => {
    const upload = new Upload(port, '/uploads/multipart', 'multipart/form-data; boundary=b');
    upload.send('--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhalf');
    return upload;
  };

  it('are waited for before their handler has begun', async () => {
    await using running = await startWith(createExpressApp as CreateApp);
    const upload = begin(running);
    await until(() => remaining(running).length === 1);
    await expectWaitedFor(running, ROUTE);
    expect(told).toEqual([]);
    const { work } = await beginWork(running);
    upload.send('rest\r\n--b--\r\n');
    const answer = upload.finish();
    await until(() => told.includes('got 8'));
    expect(remaining(running)).toEqual([ROUTE]);
    open();
    expect(await answer).toBe(201);
    await work;
    expect(told).toEqual(['got 8', 'written', 'work']);
  });

  it('end with a visitor who hangs up before everything has arrived', async () => {
    await using running = await startWith(createExpressApp as CreateApp);
    const upload = begin(running);
    await until(() => remaining(running).length === 1);
    const { work } = await beginWork(running);
    upload.hangUp();
    await work;
    expect(told).toEqual(['work']);
  });

  it('are waited for when the visitor hangs up after that', async () => {
    await using running = await startWith(createExpressApp as CreateApp);
    const upload = begin(running);
    upload.send('rest\r\n--b--\r\n');
    upload.end();
    await until(() => told.includes('got 8'));
    upload.hangUp();
    await expectWaitedFor(running, ROUTE);
    const { work } = await beginWork(running);
    open();
    await work;
    expect(told).toEqual(['got 8', 'written', 'work']);
  });
});
