import 'reflect-metadata';
import { COPY, isOfAnotherCopy, THIS_COPY } from '../core/common/copy.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';

/** A decorator of this library on a class or one of its members, and which copy it is of. */
interface Decorated {
  readonly [COPY]: object;
  readonly what: string;
}

/** Notes which copy of the library a decorator is of. @param target the class, or its prototype */
export function noteDecorator(decorator: string, target: object, property?: string | symbol): void {
  const cls = typeof target === 'function' ? target : target.constructor;
  const what = `${decorator} on ${[cls.name, ...(property === undefined ? [] : [String(property)])].join('.')}`;
  const before = (Reflect.getOwnMetadata(COPY, cls) ?? []) as Decorated[];
  Reflect.defineMetadata(COPY, [...before, { [COPY]: THIS_COPY, what }], cls);
}

/**
 * What is wrong with a class that has decorators of another copy, or extends one that has: nobody here sees what they say, and handlers
 * would run although their keys are on.
 */
export function errorOfOtherCopy(cls: Function): MaintenanceConfigurationError | undefined {
  let each: object | null = cls;
  for (; each && each !== Function.prototype; each = Object.getPrototypeOf(each) as object | null) {
    const foreign = ((Reflect.getOwnMetadata(COPY, each) ?? []) as Decorated[]).find(isOfAnotherCopy);
    if (foreign) {
      return new MaintenanceConfigurationError(
        `${foreign.what} is of another copy of nestjs-maintenance than MaintenanceModule and would have no effect; accepted: one copy ` +
          'for the whole application ("npm ls nestjs-maintenance" lists them). A package that uses it names it in its peerDependencies.',
      );
    }
  }
  return undefined;
}
