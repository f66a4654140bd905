import { Controller, UseInterceptors } from '@nestjs/common';
import { EventPattern, MessagePattern, Server, type CustomTransportStrategy } from '@nestjs/microservices';
import { isObservable, lastValueFrom } from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Gates } from '../support/gates.js';
import { slowInterceptors } from '../support/slow-interceptors.js';
import { until } from '../support/until.js';
import { startHybrid } from './microservices.js';

let gates = new Gates();
const { After } = slowInterceptors(() => gates);

@Controller()
class Orders {
  @EventPattern('paid')
  async paid(name: string): Promise<void> {
    await gates.pass(name);
  }

  @MessagePattern('ask')
  ask(name: string): Promise<string> {
    return gates.pass(name);
  }

  @UseInterceptors(After)
  @MessagePattern('askLater')
  askLater(name: string): string {
    return name;
  }
}

/** A transport of the application's own, as Nest's documentation describes it. */
class Bus extends Server implements CustomTransportStrategy {
  constructor(private readonly contextOf: () => object | undefined) {
    super();
  }

  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  on(): never {
    throw new Error('not supported');
  }

  unwrap(): never {
    throw new Error('not supported');
  }

  async deliver(pattern: string, data: string): Promise<unknown> {
    const handler = this.getHandlerByPattern(pattern);
    const given: unknown[] = [data, this.contextOf()];
    const result: unknown = await (handler as (...args: unknown[]) => unknown)(
      ...given.filter((each) => each !== undefined),
    );
    return isObservable(result) ? lastValueFrom(result, { defaultValue: undefined }) : result;
  }
}

const connection = {};
const contexts: [what: string, contextOf: () => object | undefined][] = [
  ['a context for each message', () => ({})],
  ['its connection as the context of all messages', () => connection],
  ['no context', () => undefined],
];

beforeEach(() => {
  gates = new Gates();
});

describe.each(contexts)('a transport of the application that passes %s', (_what, contextOf) => {
  const start = async () => {
    const bus = new Bus(contextOf);
    const at = await startHybrid([{ strategy: bus }], { controllers: [Orders] });
    return { ...at, bus, [Symbol.asyncDispose]: () => at[Symbol.asyncDispose]() };
  };

  it('gets the facts for what is refused', async () => {
    await using at = await start();
    await at.service.setMaintenance(true);
    await expect(at.bus.deliver('ask', 'a')).rejects.toMatchObject({ code: 'MAINTENANCE' });
    expect(gates.begun).toEqual([]);
  });

  it.each([
    ['paid', 'Orders.paid'],
    ['ask', 'Orders.ask'],
    ['askLater', 'Orders.askLater'],
  ])('has each of its calls waited for: %s', async (pattern, route) => {
    await using at = await start();
    const key = pattern === 'askLater' ? 'work' : 'second';
    gates.open('first');
    if (pattern !== 'askLater') {
      await at.bus.deliver(pattern, 'first');
    }
    const second = at.bus.deliver(pattern, 'second');
    await until(() => gates.begun.includes(key));
    await expect(at.service.maintain('general', () => 'never', { drain: 150 })).rejects.toThrow(route);
    gates.open(key);
    await second;
    expect(await at.service.maintain('general', () => 'worked', { drain: 2_000 })).toBe('worked');
  });

  it('has calls waited for that end in another order', async () => {
    await using at = await start();
    const calls = ['one', 'two', 'three'].map((name) => at.bus.deliver('paid', name));
    await until(() => gates.begun.length === 3);
    for (const name of ['two', 'three', 'one']) {
      await expect(at.service.maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
        'Orders.paid',
      );
      gates.open(name);
      await until(() => gates.ended.includes(name));
    }
    await Promise.all(calls);
    expect(await at.service.maintain('general', () => 'worked', { drain: 2_000 })).toBe('worked');
  });
});
