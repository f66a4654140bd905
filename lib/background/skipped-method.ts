import 'reflect-metadata';
import { EMPTY, isObservable, Observable } from 'rxjs';
import type { WorkScope } from '../core/calls/work-scope.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { getHandlerPolicy } from '../decision/handler-policy.js';
import { completeMarks } from '../decision/restored-marks.js';
import { applicationsOf, type Application } from './applications.js';
import { MissedCalls } from './missed-calls.js';

/** When a method is skipped, and what happens to the call. */
export interface Skipping {
  /** Of the keys. */
  readonly names: readonly string[];
  /** `undefined`: the keys that its decorators name. */
  readonly scope: WorkScope | undefined;
  /** `undefined` if it was not said. */
  readonly missed: 'skip' | 'once' | undefined;
}

/** What a method that is already skipped by another decorator passes on to the next. */
interface Passed {
  readonly missed: 'skip' | 'once' | undefined;
  readonly nothing: () => unknown;
}

const passed = new WeakMap<Function, Passed>();

/** Whether that is the function of a method that is skipped, and not one that another decorator has put in its place. */
export const isSkipped = (method: Function): boolean => passed.has(method);

/** What is called to make up for a skipped call, and what remembers that. */
interface Whole {
  readonly method: Function;
  readonly missed: MissedCalls | undefined;
}

/** Set by a method for the one that it wraps, and taken by that at once: a missed call is subject to the keys of both. */
let whole: Whole | undefined;

/**
 * A method that is called only while its keys are open. It keeps its name and its metadata.
 * @param returns its declared return type, if known
 * @param member where it is, and under which name
 * @throws MaintenanceConfigurationError for a generator: it begins when its first value is asked for
 */
export function skippedMethod(
  original: Function,
  { scope: keys, missed: given }: Skipping,
  returns: unknown,
  member: readonly [owner: object, property: string | symbol],
): Function {
  const inner = passed.get(original);
  const nothing = inner?.nothing ?? nothingFor(original, returns);
  const missed = inner?.missed ?? given;
  const method = function (this: unknown, ...args: unknown[]): unknown {
    const entered = whole ?? own;
    whole = undefined;
    const cls = classOf(this);
    const name = `${cls.name}.${original.name}`;
    const scope = keys ?? policyOf(cls);
    const miss = (application: Application): void =>
      entered.missed?.note(application, this, { name, scope, call: () => entered.method.apply(this, args) });
    const run = (work: () => unknown, skipped: () => unknown): unknown =>
      applicationsOf(this).reduceRight<() => unknown>(
        (next, application) => () =>
          application.openWork.runOrSkip({ name, scope }, next, () => {
            miss(application);
            return skipped();
          }),
        work,
      )();
    return run(() => {
      whole = inner && entered;
      const result = original.apply(this, args) as unknown;
      return isCold(result) ? whileListened(result, run) : result;
    }, nothing);
  };
  let complete = false;
  const policyOf = (cls: Function): WorkScope => {
    if (!complete) {
      // by the first call, decorators above have said what they say
      complete = true;
      completeMarks(...member, method);
    }
    return getHandlerPolicy(cls, method);
  };
  const own: Whole = { method, missed: missed === 'once' ? new MissedCalls() : undefined };
  passed.set(method, { missed, nothing });
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), method);
  }
  Object.defineProperty(method, 'name', { value: original.name, configurable: true });
  Object.defineProperty(method, 'length', { value: original.length, configurable: true });
  return method;
}

/** What a skipped call returns, so that its caller can go on. */
function nothingFor({ name, constructor }: Function, returns: unknown): () => unknown {
  if (constructor.name.endsWith('GeneratorFunction')) {
    throw new MaintenanceConfigurationError(
      `@SkipDuringMaintenance() on the generator ${name}(); accepted: a method that is not a generator, such as the one that ` +
        'iterates over it.',
    );
  }
  if (constructor.name === 'AsyncFunction' || returns === Promise) {
    return () => Promise.resolve();
  }
  return returns === Observable ? () => EMPTY : () => undefined;
}

/** A subject works by itself, and has methods that its callers need. */
const isCold = (result: unknown): result is Observable<unknown> =>
  isObservable(result) && !('next' in result);

/** Its work begins with each listener, and lasts as long as that listens. */
const whileListened = (
  source: Observable<unknown>,
  run: (work: () => unknown, skipped: () => unknown) => unknown,
): Observable<unknown> =>
  new Observable((listener) => {
    const listened = run(
      () =>
        new Promise<void>((over) => {
          listener.add(over);
          listener.add(source.subscribe(listener));
        }),
      () => listener.complete(),
    );
    Promise.resolve(listened).catch((reason: unknown) => listener.error(reason));
  });

function classOf(subject: unknown): Function {
  return typeof subject === 'function' ? subject : (subject?.constructor ?? Object);
}
