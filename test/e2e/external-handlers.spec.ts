import {
  Catch,
  Injectable,
  Module,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplicationContext,
  type NestInterceptor,
  type OnModuleInit,
} from '@nestjs/common';
import { DiscoveryService, ExternalContextCreator, NestFactory, Reflector } from '@nestjs/core';
import {
  MaintenanceException,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { readFileSync } from 'node:fs';
import { defer, mergeMap, of, race, timer, type Observable } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { slowInterceptors } from '../support/slow-interceptors.js';
import { until } from '../support/until.js';

let gates = new Gates();
const { Before, After } = slowInterceptors(() => gates);
let type: string | undefined;

const HEARS = 'bot:hears';
const Hears = (): MethodDecorator => SetMetadata(HEARS, true);
type Listener = (...args: unknown[]) => Promise<unknown>;

/** As libraries for chat bots and brokers do it: handlers found by metadata, run with guards, interceptors and filters. */
@Injectable()
class BotLibrary implements OnModuleInit {
  readonly listeners = new Map<string, Listener>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly creator: ExternalContextCreator,
    private readonly reflector: Reflector,
  ) {}

  onModuleInit(): void {
    for (const { instance } of this.discovery.getProviders()) {
      const prototype = (instance ? Object.getPrototypeOf(instance) : null) as Record<
        string,
        Listener
      > | null;
      for (const name of Object.getOwnPropertyNames(prototype ?? {})) {
        const method = Object.getOwnPropertyDescriptor(prototype, name)?.value as Listener | undefined;
        if (typeof method === 'function' && this.reflector.get(HEARS, method)) {
          this.listeners.set(name, this.listen(instance as object, method, name));
        }
      }
    }
  }

  private listen(instance: object, method: Listener, name: string): Listener {
    const { creator } = this;
    return type === undefined
      ? (creator.create(instance as never, method, name) as Listener)
      : (creator.create(
          instance as never,
          method,
          name,
          undefined,
          undefined,
          undefined,
          undefined,
          undefined,
          type,
        ) as Listener);
  }
}

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    // it has its metadata
    return Boolean((await gates.pass('work')) && Reflect.getMetadata(HEARS, context.getHandler()));
  }
}

/** Does not wait for the handler. */
@Injectable()
class Hasty implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return race(next.handle(), timer(1).pipe(mergeMap(() => of('late'))));
  }
}

@Catch(RangeError)
class SlowFilter implements ExceptionFilter {
  catch(): Promise<string> {
    return gates.pass('work');
  }
}

@Injectable()
class Bot {
  constructor(private readonly maintenance: MaintenanceService) {}

  @Hears()
  handler(): Promise<string> {
    return gates.pass('work');
  }

  @Hears()
  observed(): Observable<string> {
    return defer(() => gates.pass('work'));
  }

  @Hears()
  @UseGuards(SlowGuard)
  guard(): string {
    return 'done';
  }

  @Hears()
  @UseInterceptors(Before)
  before(): string {
    return 'done';
  }

  @Hears()
  @UseInterceptors(After)
  after(): string {
    return 'done';
  }

  @Hears()
  @UseInterceptors(Hasty)
  hasty(): Promise<string> {
    return gates.pass('work');
  }

  @Hears()
  @UseFilters(SlowFilter)
  filter(): string {
    throw new RangeError('on purpose');
  }

  @Hears()
  quick(text: string): string {
    return `heard ${text}`;
  }

  @Hears()
  @MaintenanceExempt()
  exempt(): Promise<string> {
    return gates.pass('exempt');
  }

  @Hears()
  @MaintenanceKeys('other')
  marked(): string {
    return 'done';
  }

  @Hears()
  close(): Promise<boolean> {
    return this.maintenance.maintain('general', () => this.maintenance.mayContinue(), { drain: 2_000 });
  }
}

/** Lets those pass who say please. */
class Polite extends MaintenanceStatus {
  override maintaining(): boolean {
    return this.value && this.request !== 'please';
  }
}

function botModule(options: MaintenanceRootOptions = {}) {
  const keys = [
    new MaintenanceKey('other', { scope: 'marked' }),
    new MaintenanceKey('polite', { statusClass: Polite }),
  ];
  return {
    imports: [MaintenanceModule.forRoot({ redis: false, socket: false, admin: false, keys, ...options })],
    providers: [Bot, BotLibrary, DiscoveryService],
  };
}

function talk(app: INestApplicationContext) {
  const { listeners } = app.get(BotLibrary);
  return {
    service: app.get(MaintenanceService),
    say: (what: string, ...args: unknown[]) =>
      listeners.get(what)?.(...args) ?? Promise.reject(new Error(what)),
  };
}

const context = async (options: MaintenanceRootOptions) => {
  @Module(botModule(options))
  class BotApplication {}
  return NestFactory.createApplicationContext(BotApplication, { logger: false });
};

describe.each(adapters)('handlers that a library runs, on %s', (_name, createApp) => {
  describe.each(['bot', undefined])('as %s', (called) => {
    const start = async () => {
      gates = new Gates();
      type = called;
      const running = await createApp(botModule());
      return { running, ...talk(running.app), [Symbol.asyncDispose]: running[Symbol.asyncDispose] };
    };

    it.each(['handler', 'observed', 'guard', 'before', 'after', 'hasty', 'filter'])(
      'are waited for: %s',
      async (what) => {
        await using at = await start();
        const said = at.say(what, { text: 'hello' });
        await until(() => gates.begun.includes('work'));
        expect(await at.service.maintain('other', () => 'began', { drain: 2_000 })).toBe('began');
        await expect(at.service.maintain('general', () => 'began', { drain: 150 })).rejects.toThrow(
          `Bot.${what}`,
        );
        const patient = at.service.maintain('general', () => [...gates.ended]);
        await until(() => at.service.isActive('general'));
        gates.open('work');
        expect(await patient).toEqual(['work']);
        expect(await said).not.toBeUndefined();
        expect(await at.service.replicas()).toMatchObject([{ inFlight: 0 }]);
      },
    );

    it.each([[[{ text: 'hello' }, () => undefined]], [['hello']], [[undefined]], [[]]])(
      'are refused, whatever they are called with: %j',
      async (args) => {
        await using at = await start();
        await at.service.setMaintenance(true, 'general', { message: 'Back soon.' });
        const refused = at.say('quick', ...args);
        await expect(refused).rejects.toBeInstanceOf(MaintenanceException);
        await expect(refused).rejects.toMatchObject({ status: 503, message: 'Back soon.' });
        gates.open('exempt');
        expect(await at.say('exempt', ...args)).toBe('exempt');
        await at.service.setMaintenance(false);
        expect(await at.say('quick', 'hello')).toBe('heard hello');
      },
    );

    it('are judged by their decorators and by what they are called with', async () => {
      await using at = await start();
      void at.say('exempt');
      await until(() => gates.begun.includes('exempt'));
      expect(await at.service.maintain('general', () => 'began', { drain: 2_000 })).toBe('began');
      gates.open('exempt');
      await at.service.setMaintenance(true, 'other');
      expect(await at.say('quick', 'hello')).toBe('heard hello');
      await expect(at.say('marked')).rejects.toBeInstanceOf(MaintenanceException);
      await at.service.setMaintenance(true, 'polite');
      expect(await at.say('quick', 'please')).toBe('heard please');
      await expect(at.say('quick', 'now')).rejects.toBeInstanceOf(MaintenanceException);
      await at.service.setMaintenance(false, 'polite');
      void at.say('handler', 'please');
      await until(() => gates.begun.includes('work'));
      expect(await at.service.maintain('polite', () => 'began', { drain: 2_000 })).toBe('began');
      gates.open('work');
    });

    it('may call maintain()', async () => {
      await using at = await start();
      expect(await at.say('close')).toBe(true);
    });

    it('leave the requests of the application as they were', async () => {
      await using at = await start();
      await at.service.setMaintenance(true);
      expect((await request(at.running.port, '/maintenance/ping')).status).toBe(503);
    });
  });
});

describe('an application without an HTTP server, with handlers that a library runs', () => {
  let redis: RedisServer;
  beforeAll(async () => (redis = await RedisServer.start()));
  afterAll(() => redis.stop());

  it('is a replica that drains wait for', async () => {
    gates = new Gates();
    type = 'bot';
    const [bots, other] = [await context({ redis: redis.url }), await context({ redis: redis.url })];
    const [bot, service] = [talk(bots), talk(other).service];
    const said = bot.say('handler');
    await until(() => gates.begun.includes('work'));
    await expect(service.maintain('general', () => 'began', { drain: 500 })).rejects.toThrow('Bot.handler');
    const patient = service.maintain('general', () => [...gates.ended]);
    await until(() => bot.service.isActive('general'));
    await expect(bot.say('quick')).rejects.toBeInstanceOf(MaintenanceException);
    gates.open('work');
    expect(await patient).toEqual(['work']);
    await said;
    await Promise.all([bots.close(), other.close()]);
  });
});

it('is documented by a row for that', () => {
  const text = readFileSync(new URL('../../docs/maintain-and-drain.md', import.meta.url), 'utf8');
  expect(text).toMatch(/^\| Handlers that another library runs with Nest's guards .*\| yes/m);
});
