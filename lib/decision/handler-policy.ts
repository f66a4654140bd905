import type { RequestMethod } from '@nestjs/common';
import 'reflect-metadata';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import { EXEMPT, KEYS, marksOf } from './decorators.js';
import { restoreMarks } from './restored-marks.js';
import { isGradual } from './visitor.js';

/** Metadata that `@EventPattern()` sets on a method, and its value for events. */
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT = 2;
/** Metadata of routes: their method. Scripts that have no Nest load this file, too. */
const METHOD = 'method';

/** Keys in maintenance that affect a handler. */
export interface ConcerningKeys {
  readonly keys: readonly ActiveKey[];
  /** Whether one of them opens gradually. */
  readonly gradual: boolean;
}

/** What a handler's decorators say, computed once per handler. */
export class HandlerPolicy {
  private asked: readonly ActiveKey[] | undefined;
  private concerning: ConcerningKeys = { keys: [], gradual: false };
  private withoutKeys: HandlerPolicy | undefined;

  constructor(
    /** Class and method, for messages. */
    readonly name: string,
    /** Never refused. */
    readonly exempt: boolean,
    /** Not refused by these keys. */
    readonly exemptKeys: ReadonlySet<string>,
    /** Keys it belongs to. */
    readonly keys: ReadonlySet<string>,
    /** It handles events of microservices; their senders wait for no answer. */
    readonly event = false,
    /** It is a route's, whose method can write: Fastify's middleware may change the method of a request that has its route already. */
    readonly writes = false,
  ) {}

  /** The same without its keys. */
  get unmarked(): HandlerPolicy {
    return (this.withoutKeys ??=
      this.keys.size === 0
        ? this
        : new HandlerPolicy(this.name, this.exempt, this.exemptKeys, new Set(), this.event, this.writes));
  }

  /** Whether its decorators say nothing. */
  get isPlain(): boolean {
    return !this.exempt && this.exemptKeys.size === 0 && this.keys.size === 0;
  }

  isConcernedBy({ name, scope }: MaintenanceKey): boolean {
    return !this.exempt && !this.exemptKeys.has(name) && (scope === 'site' || this.keys.has(name));
  }

  /** Those that affect it; computed once for each list. */
  affecting(active: readonly ActiveKey[]): ConcerningKeys {
    if (this.asked !== active) {
      this.asked = active;
      const keys = active.filter(({ key }) => this.isConcernedBy(key));
      this.concerning = { keys, gradual: keys.some(isGradual) };
    }
    return this.concerning;
  }
}

/** For anything without a handler, or whose handler has no decorators. */
export const PLAIN_POLICY = new HandlerPolicy('', false, new Set(), new Set());

/** For what is never refused and has no Nest handler. */
export const EXEMPT_POLICY = new HandlerPolicy('', true, new Set(), new Set());

type Handler = object & { readonly name: string };
type Class = object & { readonly name: string };
type Known = { readonly cls: Class; readonly target: HandlerPolicy };

const targets = new WeakMap<Handler, Known | Map<Class, HandlerPolicy>>();

/** The policy of a handler. One that several classes inherit has a policy per class. */
export function getHandlerPolicy(cls: Class, handler: Handler): HandlerPolicy {
  const known = targets.get(handler);
  if (known && !(known instanceof Map) && known.cls === cls) {
    return known.target;
  }
  const inherited = known instanceof Map ? known.get(cls) : undefined;
  return inherited ?? remember(cls, handler, known);
}

function remember(
  cls: Class,
  handler: Handler,
  known: Known | Map<Class, HandlerPolicy> | undefined,
): HandlerPolicy {
  const target = readTarget(cls, handler);
  if (!known) {
    targets.set(handler, { cls, target });
  } else {
    const map = known instanceof Map ? known : new Map([[known.cls, known.target]]);
    targets.set(handler, map.set(cls, target));
  }
  return target;
}

function readTarget(cls: Class, handler: Handler): HandlerPolicy {
  restoreMarks(cls);
  const exempt = marksOf(EXEMPT, cls, handler);
  return new HandlerPolicy(
    `${cls.name}.${handler.name}`,
    exempt.some((names) => names.length === 0),
    new Set(exempt.flat()),
    new Set(marksOf(KEYS, cls, handler).flat()),
    Reflect.getMetadata(HANDLER_TYPE, handler) === EVENT,
    canWrite(Reflect.getMetadata(METHOD, handler)),
  );
}

/** Methods of routes that cannot write, and that of `@All()`, for which the request decides. */
const READING = {
  GET: 0,
  ALL: 5,
  OPTIONS: 6,
  HEAD: 7,
} satisfies Partial<Record<keyof typeof RequestMethod, RequestMethod>>;
const READERS: ReadonlySet<unknown> = new Set(Object.values(READING));

const canWrite = (method: unknown): boolean => method !== undefined && !READERS.has(method);
