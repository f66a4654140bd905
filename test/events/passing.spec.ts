import { Controller } from '@nestjs/common';
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
}

/** A broker of MQTT. */
async function startMosquitto(): Promise<{ port: number; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'maintenance-mosquitto-'));
  const port = await freePort();
  const file = join(folder, 'mosquitto.conf');
  await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const child = spawnMortal(requireTool('mosquitto'), ['-c', file], { stdio: 'ignore' });
  const answers = () =>
    new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => (socket.destroy(), resolve(true)));
      socket.once('error', () => resolve(false));
    });
  await until(answers, { what: 'mosquitto to answer' });
  return {
    port,
    stop: async () => {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let redis: RedisServer;
let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let tcp: number;

beforeAll(async () => {
  redis = await RedisServer.start();
  mosquitto = await startMosquitto();
  tcp = await freePort();
});
afterAll(async () => {
  await redis?.stop();
  await mosquitto?.stop();
});
beforeEach(() => {
  handled = [];
});

const transports: [name: string, server: () => MicroserviceOptions][] = [
  ['TCP', () => ({ transport: Transport.TCP, options: { host: '127.0.0.1', port: tcp } })],
  ['Redis', () => ({ transport: Transport.REDIS, options: { host: redis.host, port: redis.port } })],
  ['MQTT', () => ({ transport: Transport.MQTT, options: { url: `mqtt://127.0.0.1:${mosquitto.port}` } })],
];

describe.each(transports)('events by %s, which keeps nothing', (name, server) => {
  let client: ClientProxy;
  const open = async (): Promise<void> => {
    client = ClientProxyFactory.create(server() as ClientOptions);
    await client.connect();
  };

  it('are handled in maintenance, and the start and maintain() name them', async () => {
    await using at = await startHybrid([server()], { controllers: [Notes] });
    await open();
    await at.service.maintain('general', async () => {
      client.emit('noted', 1);
      await until(() => handled.length === 1);
    });
    const warnings = at.log.filter((line) => line.startsWith('warn') && line.includes('noted (Notes.noted)'));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(name);
    expect(warnings[0]).not.toMatch(/exempt|elsewhere/);
    expect(at.log.some((line) => line.startsWith('log') && line.includes('noted (Notes.noted)'))).toBe(true);
    await client.close();
  });
});

describe('a microservice', () => {
  const server = (): MicroserviceOptions => ({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: tcp },
  });
  const warned = (log: readonly string[]) => log.filter((line) => line.includes('inheritAppConfig'));

  it('that does not inherit the settings of the application is warned of by name', async () => {
    await using inherits = await startHybrid([server()], { controllers: [Answers] });
    expect(warned(inherits.log)).toEqual([]);
    await inherits.app.close();
    await using stranger = await startHybrid([server()], { controllers: [Answers] }, {}, false);
    expect(warned(stranger.log)).toHaveLength(1);
    expect(warned(stranger.log)[0]).toContain(`TCP (${tcp})`);
  });

  it('is not where nothing is guarded, or nothing comes in', async () => {
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
