import 'reflect-metadata';
import { addMetadata } from './marked-members.js';

/** What decorators of this library say about the members of a class: metadata of its prototype, or of itself for static ones. */
const MEMBER_MARKS = Symbol('nestjs-maintenance:member-marks');

/** What one decorator says about a member. */
interface MemberMark {
  readonly property: string | symbol;
  /** Under which the function has it. */
  readonly metadata: symbol;
  readonly names: readonly string[];
}

const restored = new WeakSet<object>();

/** Notes what a decorator says about a member. @param target the prototype, or the class of a static member */
export function noteMemberMark(target: object, mark: MemberMark): void {
  addMetadata(MEMBER_MARKS, target, mark);
}

/**
 * Gives a function all that decorators say about a member. Decorators that replace a method, such as those that Sentry puts in
 * place of `@Processor()` and `@Cron()`, need not pass on what the ones below them have said, nor do those above reach what they
 * have replaced.
 * @param owner what has the member itself: a prototype, or a class
 */
export function completeMarks(owner: object, property: string | symbol, method: object): void {
  for (const mark of (Reflect.getOwnMetadata(MEMBER_MARKS, owner) ?? []) as MemberMark[]) {
    const known = (Reflect.getOwnMetadata(mark.metadata, method) ?? []) as (readonly string[])[];
    if (mark.property === property && !known.includes(mark.names)) {
      addMetadata(mark.metadata, method, mark.names);
    }
  }
}

/** The same for the methods of a class, including inherited ones, as they are now. */
export function restoreMarks(cls: object): void {
  let { prototype } = cls as { prototype?: object | null };
  while (prototype && prototype !== Object.prototype) {
    if (!restored.has(prototype)) {
      restored.add(prototype);
      restoreOwnMarks(prototype);
    }
    prototype = Object.getPrototypeOf(prototype) as object | null;
  }
}

function restoreOwnMarks(prototype: object): void {
  for (const { property } of (Reflect.getOwnMetadata(MEMBER_MARKS, prototype) ?? []) as MemberMark[]) {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, property)?.value;
    if (typeof method === 'function') {
      completeMarks(prototype, property, method);
    }
  }
}

/** What has a method itself, of an object and its prototypes. */
export function ownerOf(target: object, property: string | symbol): object {
  let owner: object | null = target;
  while (owner && !Object.hasOwn(owner, property)) {
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return owner ?? target;
}
