import { Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Get, Injectable, Scope } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport, type ClientOptions } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import {
  MaintenanceDrainError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  SkipDuringMaintenance,
} from 'nestjs-maintenance';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startHybrid } from '../events/microservices.js';
import { openQueue, startBull } from '../integrations/bull-apps.js';
import { failure, started } from '../module/started.js';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { freePort } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

type Method = (...args: unknown[]) => unknown;

const wrapped = (method: Method): Method =>
  function (this: unknown, ...args: unknown[]) {
    return method.apply(this, args);
  };

/** Puts a function of its own in the place of a method, without its metadata. */
const Traced: MethodDecorator = (_target, _property, descriptor) => {
  descriptor.value = wrapped(descriptor.value as Method) as typeof descriptor.value;
};

/** As Sentry's `@Processor()` does it, for the method of a class. */
const TracedProcessor = (queue: string): ClassDecorator => {
  return (cls) => {
    const prototype = cls.prototype as Record<'process', Method>;
    prototype.process = wrapped(prototype.process);
    Processor(queue)(cls);
  };
};

let gates = new Gates();
let ran: string[] = [];
afterEach(() => {
  gates = new Gates();
  ran = [];
});
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 150));

class Routes {
  @Get('marked')
  @Traced
  @MaintenanceKeys('reports')
  async marked(): Promise<string> {
    await gates.pass('marked');
    return 'marked';
  }

  @Get('exempt')
  @Traced
  @MaintenanceExempt()
  exempt(): string {
    return 'exempt';
  }
}
@Controller('once')
class Once extends Routes {}
@Controller({ path: 'each', scope: Scope.REQUEST })
class Each extends Routes {}

describe.each(adapters)('on %s, a route whose method another decorator has replaced', (_name, createApp) => {
  it.each(['once', 'each'])('is what the decorators below that say: %s', async (path) => {
    const maintenance = MaintenanceModule.forRoot({
      socket: false,
      admin: false,
      keys: [new MaintenanceKey('reports', { scope: 'marked' })],
    });
    await using running = await createApp({ imports: [maintenance], controllers: [Once, Each] });
    const service = running.app.get(MaintenanceService);
    const get = async (route: string) => (await request(running.port, `/${path}/${route}`)).status;
    const early = get('marked');
    await until(() => gates.begun.includes('marked'));
    const error = await failure(service.maintain('reports', () => 'worked', { drain: 50 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    gates.open('marked');
    expect(await early).toBe(200);
    await service.setMaintenance(true, 'reports');
    expect(await get('marked')).toBe(503);
    await service.setMaintenance(true, 'general');
    expect(await get('exempt')).toBe(200);
  });
});

@Controller()
class Messages {
  @MessagePattern('marked')
  @Traced
  @MaintenanceKeys('billing')
  marked(): string {
    return 'marked';
  }
}

it('a message whose method another decorator has replaced is refused as the decorators below that say', async () => {
  const options = { host: '127.0.0.1', port: await freePort() };
  await using at = await startHybrid([{ transport: Transport.TCP, options }], { controllers: [Messages] });
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options } as ClientOptions);
  const ask = () => firstValueFrom(client.send<string>('marked', {}));
  expect(await ask()).toBe('marked');
  await at.service.setMaintenance(true, 'billing');
  await expect(ask()).rejects.toMatchObject({ statusCode: 503 });
  client.close();
});

@Injectable()
class Methods {
  @MaintenanceKeys('reports')
  @Traced
  @SkipDuringMaintenance()
  above(): void {
    ran.push('above');
  }

  @SkipDuringMaintenance()
  @Traced
  @MaintenanceKeys('reports')
  below(): void {
    ran.push('below');
  }

  @MaintenanceKeys('reports')
  @Traced
  @SkipDuringMaintenance()
  static fixed(): void {
    ran.push('fixed');
  }
}

@SkipDuringMaintenance('reports')
@Injectable()
class Whole extends Methods {
  @Traced
  @MaintenanceExempt()
  spared(): void {
    ran.push('spared');
  }

  other(): void {
    ran.push('other');
  }
}

@MaintenanceExempt('reports')
@Injectable()
class Own extends Methods {
  override above(): void {
    super.above();
  }
}

it('a method is skipped as all its decorators say, wherever one of them has replaced it', async () => {
  const keys = [new MaintenanceKey('reports', { scope: 'marked' })];
  await using at = await started({ keys }, { providers: [Methods, Whole, Own] });
  const [methods, whole, own] = [at.app.get(Methods), at.app.get(Whole), at.app.get(Own)];
  const call = (): string[] => {
    methods.above();
    methods.below();
    Methods.fixed();
    whole.spared();
    whole.other();
    return ran.splice(0);
  };
  expect(call()).toEqual(['above', 'below', 'fixed', 'spared', 'other']);
  await at.service.setMaintenance(true, 'reports');
  expect(call()).toEqual(['spared']);
  // of another class, which is exempt
  own.above();
  own.below();
  expect(ran).toEqual(['above', 'below']);
});

@TracedProcessor('mail')
class Mail extends WorkerHost {
  @MaintenanceKeys('reports')
  async process({ name }: { name: string }): Promise<void> {
    await gates.pass(name);
  }
}

describe('a job whose process() another decorator has replaced', () => {
  let redis: RedisServer;
  beforeAll(async () => void (redis = await RedisServer.start()));
  afterAll(() => redis?.stop());

  it('waits and is waited for as the decorators of that say', async () => {
    await using at = await startBull(redis, { providers: [Mail] });
    await using queue = openQueue(redis);
    await queue.add('running', {});
    await until(() => gates.begun.includes('running'));
    const error = await failure(at.service.maintain('reports', () => 'worked', { drain: 50 }));
    expect(error.message).toContain('queue "mail", job "running"');
    gates.open('running');
    await at.service.setMaintenance(true, 'reports');
    await queue.add('waiting', {});
    await pause();
    expect(gates.begun).toEqual(['running']);
    await at.service.setMaintenance(false, 'reports');
    gates.open('waiting');
    await until(() => gates.ended.includes('waiting'));
  });
});
