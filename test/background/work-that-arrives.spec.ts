import { Controller, Inject, Post, Query } from '@nestjs/common';
import { ClientProxyFactory, EventPattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { WebSocketGateway } from '@nestjs/websockets';
import { MaintenanceService, SkipDuringMaintenance } from 'nestjs-maintenance';
import { io } from 'socket.io-client';
import { afterEach, beforeEach, expect, describe, it } from 'vitest';
import { startHybrid } from '../events/microservices.js';
import { Gates } from '../support/gates.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';

let gates: Gates;
let arrived: string[];
let ran: string[];

/** What arrives whatever is on, and has work to do that must not run meanwhile. */
class Work {
  constructor(@Inject(MaintenanceService) private readonly maintenance: MaintenanceService) {}

  async arrives(name: string, gate: string): Promise<void> {
    arrived.push(name);
    await gates.pass(gate);
    await this.maintenance.whileOpen('general', () => ran.push(name), { otherwise: 'wait' });
  }

  @SkipDuringMaintenance('general')
  skipped(name: string): void {
    ran.push(name);
  }
}

@Controller()
class Events {
  constructor(@Inject(Work) private readonly work: Work) {}

  @EventPattern('noted')
  noted([name, gate]: [string, string]): Promise<void> {
    return this.work.arrives(name, gate);
  }

  @EventPattern('skipped')
  skipped(name: string): void {
    this.work.skipped(name);
    arrived.push(name);
  }
}

@WebSocketGateway()
class Gateway {
  constructor(@Inject(Work) private readonly work: Work) {}

  handleConnection(): Promise<void> {
    return this.work.arrives('client', 'none');
  }
}

let client: ClientProxy | undefined;
const start = async (gateways = false) => {
  const options = { host: '127.0.0.1', port: await freePort() };
  const at = await startHybrid([{ transport: Transport.TCP, options }], {
    controllers: [Events],
    providers: [Work, ...(gateways ? [Gateway] : [])],
  });
  client = ClientProxyFactory.create({ transport: Transport.TCP, options });
  await client.connect();
  return at;
};
const emit = (name: string, gate: string) => client?.emit('noted', [name, gate]);

beforeEach(() => {
  [gates, arrived, ran] = [new Gates(), [], []];
  gates.open('none');
});
afterEach(() => client?.close());

describe('whileOpen() in what arrives while a key is on', () => {
  it('waits for the end of a maintain(), which waits for what had arrived before', async () => {
    await using at = await start();
    emit('before', 'gate');
    await until(() => arrived.includes('before'));
    const maintenance = at.service.maintain('general', async () => {
      expect(ran).toEqual(['before']);
      emit('meanwhile', 'none');
      await until(() => gates.ended.length === 3);
      expect(ran).toEqual(['before']);
    });
    await until(() => at.service.isActive('general'));
    emit('while it waits', 'none');
    await until(() => arrived.includes('while it waits'));
    gates.open('gate');
    await maintenance;
    await until(() => ran.length === 3);
    expect(ran.slice(1).sort()).toEqual(['meanwhile', 'while it waits']);
  });

  it('waits for the end of a switch', async () => {
    await using at = await start();
    await at.service.setMaintenance(true);
    emit('meanwhile', 'none');
    client?.emit('skipped', 'skipped');
    await until(() => arrived.length === 2);
    expect((await at.service.quiet('general', { timeout: 1_000 })).quiet).toBe(true);
    expect(ran).toEqual([]);
    await at.service.setMaintenance(false);
    await until(() => ran.length === 1);
    expect(ran).toEqual(['meanwhile']);
  });

  it('waits in what a gateway does for a client that connects', async () => {
    await using at = await start(true);
    const socket = io(await at.app.getUrl(), {
      transports: ['websocket'],
      forceNew: true,
      autoConnect: false,
    });
    await at.service.maintain('general', async () => {
      socket.connect();
      await until(() => gates.ended.length === 1);
      expect(ran).toEqual([]);
    });
    await until(() => ran.length === 1);
    socket.disconnect();
  });
});

const slowPipe = { transform: (value: unknown) => gates.pass('pipe').then(() => value) };

@Controller('sync')
class Sync {
  constructor(@Inject(MaintenanceService) private readonly maintenance: MaintenanceService) {}

  @Post()
  @SkipDuringMaintenance()
  async run(): Promise<void> {
    ran.push('run');
    await gates.pass('run');
  }

  @Post('slow')
  slow(@Query('n', slowPipe) n: string): Promise<string> {
    return this.maintenance.whileOpen('general', () => `slow ${n}`);
  }

  @Post('later')
  later(): Promise<unknown> {
    return this.maintenance.whileOpen('general', () => ran.push('later'), { otherwise: 'skip' });
  }
}

describe('a handler that a schedule calls, too', () => {
  it('is skipped, and begins nothing, while its key is on', async () => {
    await using at = await startHybrid([], { controllers: [Sync] });
    gates.open('run');
    const url = await at.app.getUrl();
    await fetch(`${url}/sync`, { method: 'POST' });
    await fetch(`${url}/sync/later`, { method: 'POST' });
    expect(ran.splice(0)).toEqual(['run', 'later']);
    const sync = at.app.get(Sync);
    await at.service.maintain('general', async () => {
      await sync.run();
      await sync.later();
    });
    expect(ran).toEqual([]);
    await at.service.setMaintenance(true);
    await sync.run();
    await sync.later();
    expect(ran).toEqual([]);
  });

  it('is a part of a request that was admitted before its key was on', async () => {
    await using at = await startHybrid([], { controllers: [Sync] });
    const answer = fetch(`${await at.app.getUrl()}/sync/slow?n=1`, { method: 'POST' });
    await until(() => gates.begun.includes('pipe'));
    const maintenance = at.service.maintain('general', () => 'done');
    await until(() => at.service.isActive('general'));
    gates.open('pipe');
    expect(await (await answer).text()).toBe('slow 1');
    expect(await maintenance).toBe('done');
  });
});
