import 'reflect-metadata';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { ownerOf } from '../decision/restored-marks.js';
import { isSkipped, type Skipping } from './skipped-method.js';

type Missed = Skipping['missed'];

const MISSED = Symbol('nestjs-maintenance:missed');

/**
 * Notes what happens to skipped calls of a method that is about to be decorated, perhaps for the second time.
 *
 * A decorator in between that has replaced the method hides which call was skipped: a missed one would be made up for although a key
 * of the decorator above is on, and without what is in between.
 * @param target the class of a static method, or the prototype
 * @throws MaintenanceConfigurationError if calls are to be made up for and something is in between
 */
export function noteMember(target: object, property: string | symbol, method: Function, given: Missed): void {
  // a class decorator applies to inherited methods as well
  const below = Reflect.getOwnMetadata(MISSED, ownerOf(target, property), property) as
    readonly [Missed] | undefined;
  if (below && !isSkipped(method) && [below[0], given].includes('once')) {
    const { name } = typeof target === 'function' ? target : target.constructor;
    throw new MaintenanceConfigurationError(
      `Two @SkipDuringMaintenance() apply to ${name}.${String(property)}(), with a decorator in between that replaces the method; ` +
        "accepted with missed: 'once': the lower one above that decorator.",
    );
  }
  Reflect.defineMetadata(MISSED, [below?.[0] ?? given], target, property);
}
