import 'reflect-metadata';
import { outsideOfCalls } from '../core/calls/current-call.js';
import type { WorkScope } from '../core/calls/work-scope.js';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import { messageOf } from '../core/errors/message-of.js';
import { applicationsOf, type Application } from './applications.js';

/** When a method is skipped, and what happens to the call. */
export interface Skipping {
  /** Of the keys. */
  readonly names: readonly string[];
  /** `undefined`: the keys that its decorators name. */
  readonly scope: WorkScope | undefined;
  readonly missed: 'skip' | 'once';
}

/** A method that is called only while its keys are open. It keeps its name and its metadata. */
export function skippedMethod(original: Function, { scope: keys, missed }: Skipping): Function {
  const isAsync = original.constructor.name === 'AsyncFunction';
  const skipped = (): unknown => (isAsync ? Promise.resolve() : undefined);
  const makeUp = missed === 'once' ? new MissedCalls() : undefined;
  const method = function (this: unknown, ...args: unknown[]): unknown {
    const cls = classOf(this);
    const name = `${cls.name}.${original.name}`;
    const scope = keys ?? getHandlerPolicy(cls, method);
    const work = (): unknown => original.apply(this, args);
    const miss = (application: Application): void =>
      makeUp?.note(application, this, { name, scope, call: () => method.apply(this, args) });
    return applicationsOf(this).reduceRight<() => unknown>(
      (inner, application) => () =>
        application.openWork.runOrSkip({ name, scope }, inner, () => {
          miss(application);
          return skipped();
        }),
      work,
    )();
  };
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), method);
  }
  Object.defineProperty(method, 'name', { value: original.name, configurable: true });
  Object.defineProperty(method, 'length', { value: original.length, configurable: true });
  return method;
}

interface MissedCall {
  readonly name: string;
  readonly scope: WorkScope;
  readonly call: () => unknown;
}

/** Calls of one method that were skipped: made up for once, by the last of them. */
class MissedCalls {
  private readonly last = new WeakMap<object, MissedCall>();

  note(application: Application, subject: unknown, missed: MissedCall): void {
    const key = (subject ?? this) as object;
    const waits = this.last.has(key);
    this.last.set(key, missed);
    if (!waits) {
      outsideOfCalls(() => void this.makeUp(application, key));
    }
  }

  private async makeUp({ openWork, error }: Application, key: object): Promise<void> {
    const { scope } = this.last.get(key) as MissedCall;
    try {
      await openWork.untilOpen(scope, { timeout: Infinity, signal: undefined });
    } catch {
      // the application shuts down
      this.last.delete(key);
      return;
    }
    const { call, name } = this.last.get(key) as MissedCall;
    this.last.delete(key);
    try {
      await call();
    } catch (reason) {
      error(`${name}, run once after maintenance, failed: ${messageOf(reason)}`);
    }
  }
}

function classOf(subject: unknown): Function {
  return typeof subject === 'function' ? subject : (subject?.constructor ?? Object);
}
