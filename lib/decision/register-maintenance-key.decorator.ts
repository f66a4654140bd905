import { Injectable } from '@nestjs/common';
import { INJECTABLE_WATERMARK } from '@nestjs/common/constants.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { noteDecorator } from './decorator-copies.js';
import { markMember } from './marked-members.js';
import type { MaintenanceKeyOptions } from '../core/keys/maintenance-key-options.js';
import { declareKeyClass, MaintenanceKey } from '../core/keys/maintenance-key.js';

/** Classes that are keys, and members that return keys. */
export const KEY_CLASS = Symbol('nestjs-maintenance:key-class');
export const KEY_MEMBERS = Symbol('nestjs-maintenance:key-members');

type MemberDecorator = MethodDecorator & PropertyDecorator;

/**
 * Registers maintenance keys. On a provider class that extends {@link MaintenanceKey}, it takes the name and options of the key;
 * dependencies are injected as in any provider. On a method or property of a provider, it takes no arguments and registers the
 * key, or the array of keys, that the member returns or holds.
 *
 * @example
 * ```ts
 * @RegisterMaintenanceKey('billing', { label: 'Billing', scope: 'marked' })
 * export class BillingKey extends MaintenanceKey {
 *   constructor(private readonly staff: StaffService) { super(); }
 *   override isEditable(request: Request) { return this.staff.isFinance(request.user); }
 * }
 * ```
 * @publicApi
 */
export function RegisterMaintenanceKey(name: string, options?: MaintenanceKeyOptions): ClassDecorator;
export function RegisterMaintenanceKey(): MemberDecorator;
export function RegisterMaintenanceKey(name?: string, options: MaintenanceKeyOptions = {}) {
  return (target: object, property?: string | symbol): void => {
    noteDecorator('@RegisterMaintenanceKey()', target, property);
    if (property !== undefined) {
      if (name !== undefined) {
        throw new MaintenanceConfigurationError(
          `@RegisterMaintenanceKey() on ${target.constructor.name}.${String(property)} takes no arguments; the member itself provides the key.`,
        );
      }
      markMember(KEY_MEMBERS, target, { property }, '@RegisterMaintenanceKey()');
      return;
    }
    const cls = target as { prototype?: unknown; name: string };
    if (!(cls.prototype instanceof MaintenanceKey) || name === undefined) {
      throw new MaintenanceConfigurationError(
        `@RegisterMaintenanceKey() on class ${cls.name}; accepted: @RegisterMaintenanceKey(name, options?) on a class that extends MaintenanceKey.`,
      );
    }
    declareKeyClass(target, name, options);
    Reflect.defineMetadata(KEY_CLASS, true, target);
    if (!Reflect.hasOwnMetadata(INJECTABLE_WATERMARK, target)) {
      Injectable()(target as new () => unknown);
    }
  };
}
