import { Controller, Get, Res } from '@nestjs/common';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

const TURNS = 20;

describe.each(adapters)('requests that wait for their turn on one connection, on %s', (_name, createApp) => {
  const start = async () => {
    const gates = new Gates();

    @Controller()
    class WorkController {
      @Get('first')
      first(): Promise<string> {
        return gates.pass('first');
      }

      @Get('returned')
      returned(): Promise<string> {
        return gates.pass('second');
      }

      @Get('sent')
      async sent(@Res() reply: { send(body: string): unknown }): Promise<void> {
        void reply.send(await gates.pass('second'));
      }

      @Get('later')
      later(@Res() reply: { send(body: string): unknown }): void {
        void gates.pass('second').then((body) => reply.send(body));
      }
    }

    const running = await createApp({
      imports: [maintenance({ followCalls: true })],
      controllers: [WorkController],
    });
    return { running, gates, inFlight: running.app.get(InFlight), [Symbol.asyncDispose]: running.close };
  };

  it.each(['/returned', '/sent'])(
    'are over when the connection is and their handlers are: %s',
    async (path) => {
      await using at = await start();
      const { gates, inFlight } = at;
      const socket = connect(at.running.port, '127.0.0.1');
      const requests = ['/first', ...Array.from({ length: TURNS }, () => path)];
      socket.write(requests.map((one) => `GET ${one} HTTP/1.1\r\nHost: shop.example\r\n\r\n`).join(''));
      await until(() => gates.begun.length === requests.length);
      socket.destroy();
      await delay(50);
      // their handlers still work
      expect(inFlight.size).toBe(requests.length);
      expect(inFlight.remaining(() => true).toSorted()).toEqual(['GET /first', `GET ${path}`]);
      gates.open('second');
      gates.open('first');
      await until(() => inFlight.size === 0 && inFlight.remaining(() => true).length === 0);
      const service = serviceOf(at.running);
      expect(await service.maintain('general', () => 'worked', { drain: 1_000 })).toBe('worked');
    },
  );

  it('are over with the connection if their handlers have returned and only the response is to come', async () => {
    await using at = await start();
    const { gates, inFlight } = at;
    const socket = connect(at.running.port, '127.0.0.1');
    const paths = ['/first', ...Array.from({ length: TURNS }, () => '/later')];
    socket.write(paths.map((one) => `GET ${one} HTTP/1.1\r\nHost: shop.example\r\n\r\n`).join(''));
    await until(() => gates.begun.length === paths.length);
    expect(inFlight.remaining(() => true)).toContain('GET /later');
    socket.destroy();
    await until(() => inFlight.remaining(() => true).join() === 'GET /first');
    gates.open('second');
    gates.open('first');
    await until(() => inFlight.remaining(() => true).length === 0);
  });
});
