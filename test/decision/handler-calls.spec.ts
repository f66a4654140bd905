import { setImmediate as turn } from 'node:timers/promises';
import { Get, Param } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { getHandlerCalls, countCall } from '../../lib/in-flight/handler-calls.js';
import { currentCall } from '../../lib/core/calls/current-call.js';
import { trackMethod } from '../../lib/in-flight/track-method.js';

const MARK = Symbol('mark');

/** Something that others wait for until it is opened. */
const gate = () => {
  let open = (): void => undefined;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
};

class Base {
  readonly greeting: string = 'hello';

  sync(name: string): string {
    return `${this.greeting} ${name}`;
  }

  throws(): never {
    throw new Error('on purpose');
  }

  async waits(promise: Promise<unknown>): Promise<unknown> {
    return promise;
  }

  lazy(): PromiseLike<string> {
    return new Lazy();
  }
}

class Derived extends Base {
  override readonly greeting = 'hi';
}

class Pages {
  @Get()
  list(limit = 10, ...others: unknown[]): unknown[] {
    return [limit, ...others];
  }

  @Get(':id')
  one(@Param('id') id: string, format = 'short', ...others: unknown[]): unknown[] {
    return [id, format, ...others];
  }
}

/** What Nest passes for `@Req()`. */
const request = { method: 'GET', headers: {} };

/** Does its work each time it is asked. */
class Lazy implements PromiseLike<string> {
  static asked = 0;

  // oxlint-disable-next-line unicorn/no-thenable -- query builders are like this
  then<A = string, B = never>(
    done?: ((value: string) => A | PromiseLike<A>) | null,
    failed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): PromiseLike<A | B> {
    Lazy.asked++;
    return Promise.resolve('lazy').then(done, failed);
  }
}

const runningCalls = (handler: object): number => getHandlerCalls(handler)?.running ?? 0;

const tracked = (instance: Base, property: keyof Base, follow = false): object => {
  trackMethod(instance, property, follow);
  return instance[property] as unknown as object;
};

describe.each([false, true])('a tracked method (followed: %s)', (follow) => {
  it('behaves as before, on the same instance', () => {
    const instance = new Derived();
    Reflect.defineMetadata(MARK, 'kept', Base.prototype.sync);
    const method = tracked(instance, 'sync', follow);
    expect(instance.sync('Ada')).toBe('hi Ada');
    expect(method).toHaveProperty('name', 'sync');
    expect(method).toHaveProperty('length', 1);
    expect(Reflect.getMetadata(MARK, method)).toBe('kept');
    expect(Object.keys(instance)).toEqual(['greeting']);
    expect(runningCalls(method)).toBe(0);
    expect(new Derived().sync).toBe(Base.prototype.sync);
  });

  it('is counted until it has settled', async () => {
    const instance = new Base();
    const method = tracked(instance, 'waits', follow);
    const first = gate();
    const second = gate();
    const calls = [instance.waits(first.promise), instance.waits(second.promise)];
    expect(runningCalls(method)).toBe(2);
    first.open();
    await calls[0];
    expect(runningCalls(method)).toBe(1);
    second.open();
    await calls[1];
    expect(runningCalls(method)).toBe(0);
  });

  it('is no longer counted after it has failed', async () => {
    const instance = new Base();
    const throws = tracked(instance, 'throws', follow);
    expect(() => instance.throws()).toThrow('on purpose');
    expect(runningCalls(throws)).toBe(0);
    const waits = tracked(instance, 'waits', follow);
    await expect(instance.waits(Promise.reject(new Error('later')))).rejects.toThrow('later');
    await turn();
    expect(runningCalls(waits)).toBe(0);
  });

  it('calls then() of a lazy thenable once', async () => {
    const instance = new Base();
    const method = tracked(instance, 'lazy', follow);
    Lazy.asked = 0;
    expect(await instance.lazy()).toBe('lazy');
    expect(Lazy.asked).toBe(1);
    expect(runningCalls(method)).toBe(0);
  });

  it('is tracked once, per instance', async () => {
    const [one, other] = [new Base(), new Base()];
    const method = tracked(one, 'waits', follow);
    expect(tracked(one, 'waits', follow)).toBe(method);
    const { promise, open } = gate();
    const call = one.waits(promise);
    expect(runningCalls(method)).toBe(1);
    expect(runningCalls(tracked(other, 'waits', follow))).toBe(0);
    open();
    await call;
  });

  it('of a frozen instance is left alone', () => {
    const instance = Object.freeze(new Base());
    expect(tracked(instance, 'sync', follow)).toBe(Base.prototype.sync);
    expect(instance.sync('Ada')).toBe('hello Ada');
  });
});

describe('the current call', () => {
  it('is known only within a followed method, separately for each call', async () => {
    class Seeing {
      async see(promise: Promise<unknown>): Promise<unknown> {
        const before = currentCall();
        await promise;
        return [before, currentCall()];
      }
    }
    const [followed, other] = [new Seeing(), new Seeing()];
    trackMethod(followed, 'see', true);
    trackMethod(other, 'see', false);
    const { promise, open } = gate();
    const calls = [followed.see(promise), followed.see(promise), other.see(promise)];
    expect(currentCall()).toBeUndefined();
    open();
    const [first, second, third] = (await Promise.all(calls)) as [object, object][];
    expect(first?.[0]).toMatchObject({ handler: followed.see });
    expect(first?.[1]).toBe(first?.[0]);
    expect(second?.[0]).not.toBe(first?.[0]);
    expect(third).toEqual([undefined, undefined]);
    expect(currentCall()).toBeUndefined();
  });
});

describe('a call that is observed by others', () => {
  it('is counted once, until it is over', () => {
    const handler = () => undefined;
    expect(runningCalls(handler)).toBe(0);
    const [first, second] = [countCall(handler), countCall(handler)];
    expect(runningCalls(handler)).toBe(2);
    first();
    first();
    expect(runningCalls(handler)).toBe(1);
    second();
    expect(runningCalls(handler)).toBe(0);
  });

  it("is the handler's own once the handler has started, even if the observer has gone", async () => {
    const instance = new Base();
    const method = tracked(instance, 'waits');
    const [first, second] = [countCall(method), countCall(method)];
    expect(runningCalls(method)).toBe(2);
    const { promise, open } = gate();
    const call = instance.waits(promise);
    expect(runningCalls(method)).toBe(2);
    second();
    first();
    expect(runningCalls(method)).toBe(1);
    open();
    await call;
    expect(runningCalls(method)).toBe(0);
  });

  it('is counted until the observer ends it, whichever of several calls ends first', async () => {
    const instance = new Base();
    const method = tracked(instance, 'waits');
    const [first, second] = [countCall(method), countCall(method)];
    const gates = [gate(), gate()];
    const calls = gates.map(({ promise }) => instance.waits(promise));
    expect(runningCalls(method)).toBe(2);
    gates[0]?.open();
    await calls[0];
    expect(runningCalls(method)).toBe(2);
    second();
    gates[1]?.open();
    await calls[1];
    expect(runningCalls(method)).toBe(1);
    first();
    expect(runningCalls(method)).toBe(0);
  });
});

describe('a route handler', () => {
  const pages = (): Pages => {
    const instance = new Pages();
    trackMethod(instance, 'list', false);
    trackMethod(instance, 'one', false);
    return instance;
  };

  it('is not given the request that identifies its calls', () => {
    expect((pages().list as (...args: unknown[]) => unknown)(request)).toEqual([10]);
    expect((pages().one as (...args: unknown[]) => unknown)('7', request)).toEqual(['7', 'short']);
  });

  it('keeps arguments that have a default when the application calls it', () => {
    expect(pages().list(5)).toEqual([5]);
    expect(pages().list(5, 6)).toEqual([5, 6]);
    expect(pages().one('7', 'long')).toEqual(['7', 'long']);
  });
});
