import { Controller, Module, type INestApplication } from '@nestjs/common';
import {
  ClientProxyFactory,
  MessagePattern,
  Transport,
  type ClientProxy,
  type TcpOptions,
} from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { MaintenanceModule } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failure } from '../module/started.js';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { freePort } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

let redis: RedisServer;
let gates: Gates;
let namespace: string;
let namespaces = 0;

beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis?.stop());
beforeEach(() => {
  gates = new Gates();
  namespace = `early-${++namespaces}`;
});

@Controller()
class Sums {
  @MessagePattern('sum')
  async sum(gate: string): Promise<string> {
    await gates.pass(gate);
    return 'summed';
  }
}

/** Nest starts microservices before it initializes their application: between `startAllMicroservices()` and `listen()`. */
describe.each(adapters)(
  'messages that arrive before the application is initialized, on %s,',
  (_name, createApp) => {
    async function between(run: (client: ClientProxy) => Promise<void>): Promise<void> {
      const server = {
        transport: Transport.TCP,
        options: { host: '127.0.0.1', port: await freePort() },
      } as const;
      @Module({
        imports: [MaintenanceModule.forRoot({ redis: redis.url, namespace, socket: false, admin: false })],
        controllers: [Sums],
      })
      class RootModule {}
      const { close } = await createApp(RootModule, async (app: INestApplication) => {
        app.connectMicroservice<TcpOptions>(server, { inheritAppConfig: true });
        await app.startAllMicroservices();
        const client = ClientProxyFactory.create(server);
        await run(client);
        await client.close();
      });
      await close();
    }
    const ask = (client: ClientProxy, gate = 'sum') => firstValueFrom(client.send<string>('sum', gate));

    it('are refused if a key is on', async () => {
      await using operator = await createMaintenance({ redis: redis.url, namespace });
      await operator.setMaintenance(true);
      await between(async (client) => {
        const asked = failure(ask(client));
        gates.open('sum');
        expect(await asked).toMatchObject({ code: 'MAINTENANCE' });
      });
    });

    it('are waited for', async () => {
      await using operator = await createMaintenance({ redis: redis.url, namespace });
      await between(async (client) => {
        const asked = ask(client);
        await until(() => gates.begun.length === 1);
        const work = operator.maintain('general', () => undefined, { drain: 500 });
        expect(await failure(work)).toMatchObject({ routes: ['Sums.sum'] });
        gates.open('sum');
        expect(await asked).toBe('summed');
        expect(await operator.maintain('general', () => 'worked')).toBe('worked');
      });
    });
  },
);
