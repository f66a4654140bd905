import { RouterResponseController } from '@nestjs/core/router/router-response-controller.js';
import { settle } from '../core/calls/settle.js';

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Where Nest sends bodies that are produced while they are sent. Versions before 12 lack it, and send these as other objects. */
interface Sending {
  stream?(body: object, reply: object, ...rest: unknown[]): Promise<unknown>;
}

/** A body that Nest reads as it is produced: async iterables, web streams and responses, since version 12. */
interface Reading {
  /** Calls for its next part, or for its end, that have not settled. */
  steps: number;
  /** Nest has sent it, or has seen that its client is gone. */
  over: boolean;
}

/** By the reply that it is read for. */
const readings = new WeakMap<object, Reading>();

const { prototype }: { prototype: Sending } = RouterResponseController;
let isWatched = false;

/** Also one of another library, as Nest recognises it. */
const isResponse = (body: object): body is Response =>
  Object.prototype.toString.call(body) === '[object Response]';

/** Whether this version of Nest may send nothing of this result to a client that goes, and nobody would notice. */
export const isUnwatchedBody = (result: object): boolean =>
  !isWatched && (Symbol.asyncIterator in result || isResponse(result));

/** Notes what Nest reads for its replies. What it makes of a body is decided within, so there is no other place to see that. */
export function watchStreamedBodies(): void {
  const send = prototype.stream;
  if (isWatched || typeof send !== 'function') {
    return;
  }
  isWatched = true;
  prototype.stream = async function (body, reply, ...rest) {
    const reading: Reading = { steps: 0, over: false };
    readings.set(reply, reading);
    try {
      return await whileOpened(body, reading, () => send.call(this, body, reply, ...rest));
    } catch (error) {
      // a filter answers
      readings.delete(reply);
      throw error;
    } finally {
      reading.over = true;
    }
  };
}

export const findReading = (reply: object): Readonly<Reading> | undefined => readings.get(reply);

/** Nest opens a body in the same tick; another request may be sent the same one. */
function whileOpened<T>(body: object, reading: Reading, open: () => T): T {
  const source = (isResponse(body) ? body.body : body) as Record<string | symbol, Method> | null;
  const property = source && 'getReader' in source ? 'getReader' : Symbol.asyncIterator;
  const original = source?.[property];
  const own = source && Object.getOwnPropertyDescriptor(source, property);
  const value: Method = function (...args) {
    return counted(original?.apply(this, args) as object, reading);
  };
  if (!source || !Reflect.defineProperty(source, property, { value, configurable: true })) {
    return open();
  }
  try {
    return open();
  } finally {
    if (own) {
      Object.defineProperty(source, property, own);
    } else {
      delete source[property];
    }
  }
}

const STEPS: ReadonlySet<string | symbol> = new Set(['next', 'return', 'throw', 'read', 'cancel']);

/** The same iterator or reader, whose steps count until they settle. */
function counted(opened: object, reading: Reading): object {
  const ended = (): void => void reading.steps--;
  return new Proxy(opened, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') {
        return member;
      }
      const method = member.bind(target) as (...args: unknown[]) => unknown;
      return STEPS.has(name) ? (...args: unknown[]) => count(() => method(...args)) : method;
    },
  });

  function count(step: () => unknown): unknown {
    reading.steps++;
    try {
      return settle(step(), ended);
    } catch (error) {
      ended();
      throw error;
    }
  }
}
