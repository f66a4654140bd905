import type { Type } from '@nestjs/common';
import { describeValue, MaintenanceConfigurationError } from '../core/errors/errors.js';
import { messageOf } from '../core/errors/message-of.js';

/**
 * Applies the option `decorators`, as if they were written above the class in this order.
 * @throws MaintenanceConfigurationError that names the one that is none, such as `Public` without its parentheses
 */
export function applyDecorators(cls: Type, decorators: readonly ClassDecorator[]): Type {
  return decorators.reduceRight((decorated, decorator, index) => {
    let result: unknown;
    try {
      result = Reflect.decorate([decorator], decorated) ?? decorated;
    } catch (error) {
      throw wrong(decorator, index, `which failed (${messageOf(error)})`, error);
    }
    if (!replaces(result, decorated)) {
      throw wrong(decorator, index, 'which returned something that is not this class (is it called?)');
    }
    return result;
  }, cls);
}

/** Whether it is the class itself, or one that takes its place. */
const replaces = (result: unknown, cls: Type): result is Type =>
  typeof result === 'function' &&
  (result.prototype === cls.prototype || result.prototype instanceof (cls as new () => unknown));

const wrong = (decorator: unknown, index: number, why: string, cause?: unknown) =>
  new MaintenanceConfigurationError(
    `Maintenance option "decorators" received ${describeValue(decorator)} at index ${index}, ${why}; accepted: an array of class ` +
      'decorators, such as [Public()].',
    { option: 'decorators', cause },
  );
