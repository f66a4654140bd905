import { Controller, Scope } from '@nestjs/common';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  Transport,
  type ClientOptions,
  type ClientProxy,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MaintenanceExempt } from 'nestjs-maintenance';
import { firstValueFrom } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { end, freePort, spawnMortal } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { requireTool } from '../support/tools.mjs';
import { until } from '../support/until.js';
import { startHybrid } from './microservices.js';

let handled: unknown[] = [];

@Controller()
class Notes {
  @EventPattern('noted')
  noted(data: unknown): void {
    handled.push(data);
  }

  @MaintenanceExempt()
  @EventPattern('exempt')
  exempt(_data: unknown): void {}

  @EventPattern('elsewhere', Transport.KAFKA)
  elsewhere(_data: unknown): void {}
}

@Controller()
class Answers {
  @MessagePattern('ask')
  ask(_data: unknown): string {
    return 'answer';
  }

  @MessagePattern('wait')
  wait(): Promise<string> {
    return new Promise((resolve) => (finishWaiting = () => resolve('waited')));
  }
}

/** Ends the wait of its handler. */
let finishWaiting: (() => void) | undefined;

/** A program that brokers messages on a port of its own. */
interface Broker {
  readonly port: number;
  stop(): Promise<void>;
}

async function startBroker(
  tool: 'mosquitto' | 'nats',
  argumentsFor: (port: number, folder: string) => Promise<string[]> | string[],
): Promise<Broker> {
  const folder = await mkdtemp(join(tmpdir(), `maintenance-${tool}-`));
  const port = await freePort();
  const child = spawnMortal(requireTool(tool), await argumentsFor(port, folder), { stdio: 'ignore' });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
  await until(answers, { timeout: 25_000, what: `${tool} to answer` });
  return {
    port,
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const startMosquitto = (): Promise<Broker> =>
  startBroker('mosquitto', async (port, folder) => {
    const file = join(folder, 'mosquitto.conf');
    await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    return ['-c', file];
  });
const startNats = (): Promise<Broker> =>
  startBroker('nats', (port) => ['-a', '127.0.0.1', '-p', String(port)]);

let redis: RedisServer;
let mosquitto: Broker;
let nats: Broker;
let tcp: number;

beforeAll(async () => {
  [redis, mosquitto, nats] = await Promise.all([RedisServer.start(), startMosquitto(), startNats()]);
  tcp = await freePort();
});
afterAll(async () => {
  await redis?.stop();
  await mosquitto?.stop();
  await nats?.stop();
});
beforeEach(() => {
  handled = [];
});

const transports: [name: string, server: () => MicroserviceOptions][] = [
  ['TCP', () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: tcp } })],
  ['Redis', () => ({ transport: Transport.REDIS, options: { host: redis.host, port: redis.port } })],
  ['NATS', () => ({ transport: Transport.NATS, options: { servers: [`127.0.0.1:${nats.port}`] } })],
  ['MQTT', () => ({ transport: Transport.MQTT, options: { url: `mqtt://127.0.0.1:${mosquitto.port}` } })],
];

describe.each(transports)('over %s, which keeps nothing,', (name, server) => {
  let client: ClientProxy;
  const open = async (): Promise<void> => {
    client = ClientProxyFactory.create(server() as ClientOptions);
    await client.connect();
  };

  it('events are handled in maintenance, and the start and maintain() name them', async () => {
    await using at = await startHybrid([server()], { controllers: [Notes, Answers] });
    await open();
    const ask = () => firstValueFrom(client.send<string>('ask', ''));
    expect(await ask()).toBe('answer');
    await at.service.maintain('general', async () => {
      client.emit('noted', 1);
      await until(() => handled.length === 1);
      // a request gets a refusal as its response
      await expect(ask()).rejects.toMatchObject({ code: 'MAINTENANCE' });
      // nobody would learn from an answer that this is lost
      expect(at.log.filter((line) => line.includes('event was refused'))).toEqual([]);
      client.emit('ask', '');
      await until(() => at.log.some((line) => /An event was refused.*Answers\.ask/.test(line)));
    });
    expect(await ask()).toBe('answer');
    const warnings = at.log.filter((line) => line.startsWith('warn') && line.includes('noted (Notes.noted)'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(name);
    expect(warnings[0]).not.toMatch(/exempt|elsewhere/);
    expect(at.log.some((line) => line.startsWith('log') && line.includes('noted (Notes.noted)'))).toBe(true);
    await client.close();
  });
});

describe.each(transports)("over %s, with events: 'refuse',", (_name, server) => {
  it('no event overlaps work, and the log names those that are lost, once', async () => {
    const options = { events: 'refuse' } as const;
    await using at = await startHybrid([server()], { controllers: [Notes, Answers] }, options);
    const client = ClientProxyFactory.create(server() as ClientOptions);
    await client.connect();
    const ask = () => firstValueFrom(client.send<string>('ask', ''));
    await at.service.maintain('general', async () => {
      [1, 1, 1].forEach((n) => client.emit('noted', n));
      await until(() => at.log.some((line) => /An event was refused.*Notes\.noted/.test(line)));
      await expect(ask()).rejects.toMatchObject({ code: 'MAINTENANCE' });
    });
    expect(handled).toEqual([]);
    client.emit('noted', 2);
    await until(() => handled.length === 1);
    expect(handled).toEqual([2]);
    expect(at.log.filter((line) => line.includes('event was refused'))).toHaveLength(1);
    expect(at.log.filter((line) => line.startsWith('error'))).toEqual([]);
    await client.close();
  });
});

describe('a microservice', () => {
  const server = (): MicroserviceOptions => ({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: tcp },
  });
  const warned = (log: readonly string[]) => log.filter((line) => line.includes('inheritAppConfig'));

  it('that does not inherit the settings of the application is named in a warning', async () => {
    await using inherits = await startHybrid([server()], { controllers: [Answers] });
    expect(warned(inherits.log)).toEqual([]);
    await inherits.app.close();
    await using stranger = await startHybrid([server()], { controllers: [Answers] }, {}, false);
    expect(warned(stranger.log)).toHaveLength(1);
    expect(warned(stranger.log)[0]).toContain(`TCP (${tcp})`);
    expect(warned(stranger.log)[0]).toContain('drains do not wait for them');
    const client = ClientProxyFactory.create(server() as ClientOptions);
    await client.connect();
    const wait = firstValueFrom(client.send<string>('wait', ''));
    await until(() => finishWaiting);
    // as the warning says
    await stranger.service.maintain('general', () => finishWaiting?.(), { drain: 5_000 });
    expect(await wait).toBe('waited');
    await client.close();
  });

  it('is not named if all its handlers are request-scoped, with guards or without', async () => {
    @Controller({ scope: Scope.REQUEST })
    class Scoped {
      @MessagePattern('ask')
      ask(_data: unknown): string {
        return 'answer';
      }

      @EventPattern('noted')
      noted(data: unknown): void {
        handled.push(data);
      }
    }
    await using inherits = await startHybrid([server()], { controllers: [Scoped] });
    expect(warned(inherits.log)).toEqual([]);
    const client = ClientProxyFactory.create(server() as ClientOptions);
    const ask = () => firstValueFrom(client.send<string>('ask', ''));
    expect(await ask()).toBe('answer');
    await inherits.service.maintain('general', async () => {
      await expect(ask()).rejects.toMatchObject({ code: 'MAINTENANCE' });
      client.emit('noted', 1);
      await until(() => handled.length === 1);
    });
    await client.close();
  });

  it('is not named if nothing is guarded, or it has no handlers', async () => {
    await using unguarded = await startHybrid(
      [server()],
      { controllers: [Answers] },
      { guard: false },
      false,
    );
    expect(warned(unguarded.log)).toEqual([]);
    await unguarded.app.close();
    await using empty = await startHybrid([server()], {}, {}, false);
    expect(warned(empty.log)).toEqual([]);
  });
});
