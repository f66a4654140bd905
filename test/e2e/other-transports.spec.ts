import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  GrpcMethod,
  Transport,
  type ClientGrpc,
  ClientProxyFactory,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { MaintenanceService } from 'nestjs-maintenance';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { firstValueFrom, of, toArray, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { freePort } from '../support/process.js';

interface Sums {
  add(numbers: { values: number[] }): Observable<{ value: number }>;
  count(numbers: { values: number[] }): Observable<{ value: number }>;
}

@Controller()
class SumsController {
  @GrpcMethod('Sums', 'Add')
  add({ values }: { values: number[] }): { value: number } {
    return { value: values.reduce((left, right) => left + right, 0) };
  }

  @GrpcMethod('Sums', 'Count')
  count({ values }: { values: number[] }): Observable<{ value: number }> {
    return of(...values.map((value) => ({ value })));
  }
}

@Module({ imports: [maintenance()], controllers: [SumsController] })
class SumsModule {}

interface GrpcFailure {
  code: number;
  details: string;
  metadata: { get(name: string): unknown[] };
}

describe('gRPC', () => {
  it('a refusal is UNAVAILABLE, with its message and the facts', async () => {
    const options = {
      package: 'sums',
      protoPath: fileURLToPath(new URL('../apps/proto/sums.proto', import.meta.url)),
      url: `127.0.0.1:${await freePort()}`,
    };
    const app = await NestFactory.createMicroservice<MicroserviceOptions>(SumsModule, {
      transport: Transport.GRPC,
      options,
      logger: false,
      abortOnError: false,
    });
    await app.listen();
    const client = ClientProxyFactory.create({
      transport: Transport.GRPC,
      options,
    }) as unknown as ClientGrpc & { close(): void };
    try {
      const sums = client.getService<Sums>('Sums');
      expect(await firstValueFrom(sums.add({ values: [1, 2] }))).toEqual({ value: 3 });
      await app
        .get(MaintenanceService)
        .setMaintenance(true, 'general', { message: 'Geschlossen – bis später.' });
      for (const call of [sums.add({ values: [1] }), sums.count({ values: [1] }).pipe(toArray())]) {
        const failure = (await firstValueFrom(call as Observable<unknown>).then(
          () => undefined,
          (error: unknown) => error,
        )) as GrpcFailure;
        expect(failure).toMatchObject({ code: 14, details: 'Geschlossen – bis später.' });
        expect(failure.metadata.get('retry-after')).toEqual(['60']);
        expect(failure.metadata.get('x-maintenance-mode')).toEqual(['1']);
        expect(JSON.parse(String(failure.metadata.get('maintenance')[0]))).toMatchObject({
          code: 'MAINTENANCE',
          statusCode: 503,
          message: 'Geschlossen – bis später.',
          retryAfter: 60,
        });
      }
      await app.get(MaintenanceService).setMaintenance(false);
      expect(await firstValueFrom(sums.count({ values: [1, 2] }).pipe(toArray()))).toEqual([
        { value: 1 },
        { value: 2 },
      ]);
    } finally {
      client.close();
      await app.close();
    }
  });
});

@WebSocketGateway()
class EchoGateway {
  @SubscribeMessage('say')
  say(@MessageBody() text: string): { event: string; data: string } {
    return { event: 'said', data: text };
  }
}

describe.each(adapters)('WsAdapter on %s', (_name, createApp) => {
  it('a refused client gets one error', async () => {
    await using running = await createApp({ imports: [maintenance()], providers: [EchoGateway] }, (app) => {
      app.useWebSocketAdapter(new WsAdapter(app));
    });
    const socket = new WebSocket(running.url.replace('http', 'ws'));
    await once(socket, 'open');
    const received: unknown[] = [];
    socket.on('message', (data) => received.push(JSON.parse(String(data))));
    const say = async (text: string): Promise<void> => {
      socket.send(JSON.stringify({ event: 'say', data: text }));
      await once(socket, 'message');
    };
    await say('a');
    await serviceOf(running).setMaintenance(true, 'general', { message: 'Closed.' });
    await say('b');
    await say('c');
    await serviceOf(running).setMaintenance(false);
    await say('d');
    const refused = {
      event: 'exception',
      data: expect.objectContaining({ code: 'MAINTENANCE', message: 'Closed.' }) as object,
    };
    expect(received).toEqual([{ event: 'said', data: 'a' }, refused, refused, { event: 'said', data: 'd' }]);
    socket.terminate();
  });
});
