import {
  Catch,
  Controller,
  Injectable,
  Module,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type ExceptionFilter,
  type PipeTransform,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  EventPattern,
  MessagePattern,
  RpcException,
  Transport,
} from '@nestjs/microservices';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { readFileSync } from 'node:fs';
import { defer, type Observable } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { io } from 'socket.io-client';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { slowInterceptors } from '../support/slow-interceptors.js';
import { until } from '../support/until.js';

let gates = new Gates();
const { Before, After } = slowInterceptors(() => gates);

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    return Boolean(await gates.pass('work'));
  }
}

class SlowPipe implements PipeTransform {
  async transform(value: unknown): Promise<unknown> {
    await gates.pass('work');
    return value;
  }
}

@Catch(RpcException)
class SlowFilter implements ExceptionFilter {
  catch(): Observable<string> {
    return defer(() => gates.pass('work'));
  }
}

@Controller()
class WorkController {
  @UseInterceptors(After)
  @MessagePattern('after')
  after(_data: string): string {
    return 'done';
  }

  @UseInterceptors(Before)
  @MessagePattern('before')
  before(_data: string): string {
    return 'done';
  }

  @UseGuards(SlowGuard)
  @MessagePattern('guard')
  guard(_data: string): string {
    return 'done';
  }

  @UsePipes(SlowPipe)
  @MessagePattern('pipe')
  pipe(_data: string): string {
    return 'done';
  }

  @UseFilters(SlowFilter)
  @MessagePattern('filter')
  filter(_data: string): string {
    throw new RpcException('on purpose');
  }

  @UseInterceptors(After)
  @EventPattern('afterEvent')
  afterEvent(_data: string): void {}

  @UseInterceptors(Before)
  @EventPattern('beforeEvent')
  beforeEvent(_data: string): void {}

  @UseGuards(SlowGuard)
  @EventPattern('guardEvent')
  guardEvent(_data: string): void {}

  @UsePipes(SlowPipe)
  @EventPattern('pipeEvent')
  pipeEvent(_data: string): void {}
}

@WebSocketGateway()
class WorkGateway {
  @UseInterceptors(After)
  @SubscribeMessage('after')
  after(): string {
    return 'done';
  }

  @UseInterceptors(Before)
  @SubscribeMessage('before')
  before(): string {
    return 'done';
  }

  @UsePipes(SlowPipe)
  @SubscribeMessage('pipe')
  pipe(@MessageBody() _data: string): string {
    return 'done';
  }

  @SubscribeMessage('observed')
  observed(): Observable<string> {
    return defer(() => gates.pass('work'));
  }

  @UseInterceptors(After)
  @SubscribeMessage('failing')
  failing(): string {
    throw new WsException('on purpose');
  }
}

/** Its calls are followed. */
@Controller()
class HoldingController {
  constructor(private readonly service: MaintenanceService) {}

  @MessagePattern('holding')
  holding(_data: string): Promise<string> {
    return this.service.maintain('general', () => 'worked', { drain: 2_000 });
  }

  @EventPattern('holdingEvent')
  async holdingEvent(_data: string): Promise<void> {
    await gates.pass(await this.service.maintain('general', () => 'worked', { drain: 2_000 }));
  }
}

interface Listening {
  serverInstance: { server: { address(): { port: number } } };
}

async function start() {
  gates = new Gates();
  @Module({
    imports: [
      MaintenanceModule.forRoot({
        redis: false,
        socket: false,
        admin: false,
        events: 'pass',
        keys: [new MaintenanceKey('other', { scope: 'marked' })],
      }),
    ],
    controllers: [WorkController, HoldingController],
  })
  class RootModule {}
  const app = await NestFactory.createMicroservice(RootModule, {
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port: 0 },
    logger: false,
  });
  await app.listen();
  const { port } = (app as unknown as Listening).serverInstance.server.address();
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  const say = (pattern: string): Promise<unknown> =>
    new Promise((resolve) => {
      const result = pattern.endsWith('Event') ? client.emit(pattern, 'a') : client.send(pattern, 'a');
      result.subscribe({ next: resolve, error: resolve });
    });
  return {
    say,
    service: app.get(MaintenanceService),
    async [Symbol.asyncDispose]() {
      await (client.close() as unknown);
      await app.close();
    },
  };
}

const MESSAGES = ['after', 'before', 'guard', 'pipe', 'filter'];
const EVENTS = ['afterEvent', 'beforeEvent', 'guardEvent', 'pipeEvent'];

describe.each(adapters)('a drain on %s', (_adapter, createApp) => {
  const startGateway = async () => {
    gates = new Gates();
    const app = await createApp({
      imports: [MaintenanceModule.forRoot({ redis: false, socket: false, admin: false })],
      providers: [WorkGateway],
    });
    const socket = io(app.url, { transports: ['websocket'], forceNew: true });
    return {
      socket,
      service: app.app.get(MaintenanceService),
      async [Symbol.asyncDispose]() {
        socket.disconnect();
        await app.close();
      },
    };
  };

  it.each(['after', 'before', 'pipe'])(
    'waits for what is around a handler of a gateway: %s',
    async (what) => {
      await using at = await startGateway();
      const answer = at.socket.emitWithAck(what, 'a').catch(() => 'refused');
      await until(() => gates.begun.includes('work'));
      await expect(at.service.maintain('general', () => 'began', { drain: 150 })).rejects.toThrow(
        `WorkGateway.${what}`,
      );
      const patient = at.service.maintain('general', () => [...gates.ended]);
      await until(() => at.service.isActive('general'));
      gates.open('work');
      expect(await patient).toEqual(['work']);
      // refused: it had not begun
      if (what !== 'before') {
        await answer;
      }
    },
  );

  it('does not wait for an observable that it has returned, and nothing is left of what has failed or gone', async () => {
    await using at = await startGateway();
    at.socket.emit('observed', 'a');
    await until(() => gates.begun.includes('work'));
    expect(await at.service.maintain('general', () => 'began', { drain: 2_000 })).toBe('began');
    const failed = new Promise((resolve) => at.socket.once('exception', resolve));
    at.socket.emit('failing', 'a');
    await failed;
    at.socket.emit('after', 'a');
    await until(() => gates.begun.length === 2);
    at.socket.disconnect();
    expect(await at.service.maintain('general', () => 'began', { drain: 2_000 })).toBe('began');
  });
});

describe('a drain', () => {
  it.each([...MESSAGES, ...EVENTS])(
    'waits for what is around a handler of messages or events: %s',
    async (what) => {
      await using at = await start();
      const said = at.say(what);
      await until(() => gates.begun.includes('work'));
      expect(await at.service.maintain('other', () => 'began', { drain: 2_000 })).toBe('began');
      await expect(at.service.maintain('general', () => 'began', { drain: 150 })).rejects.toThrow(
        `WorkController.${what}`,
      );
      const patient = at.service.maintain('general', () => [...gates.ended]);
      await until(() => at.service.isActive('general'));
      gates.open('work');
      expect(await patient).toContain('work');
      await said;
      expect(await at.service.replicas()).toMatchObject([{ inFlight: 0 }]);
    },
  );

  it('does not wait for the message or the event that it was started in', async () => {
    await using at = await start();
    expect(await at.say('holding')).toBe('worked');
    void at.say('holdingEvent');
    await until(() => gates.begun.includes('worked'));
    gates.open('worked');
  });

  it('is documented by a row for that', () => {
    const text = readFileSync(new URL('../../docs/maintain-and-drain.md', import.meta.url), 'utf8');
    expect(text).toMatch(
      /^\| Guards, interceptors and filters of messages and events of microservices +\| yes/m,
    );
    expect(text).toMatch(
      /^\| Interceptors of gateway messages, as far as the answer waits for them +\| yes/m,
    );
  });
});
