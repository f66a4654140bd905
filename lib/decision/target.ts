import { EXEMPT, KEYS, marksOf } from './decorators.js';

/** What a handler's decorators say, worked out once per handler. */
export interface Target {
  /** Never refused. */
  readonly exempt: boolean;
  /** Not refused by these keys. */
  readonly exemptKeys: ReadonlySet<string>;
  /** Keys it belongs to. */
  readonly keys: ReadonlySet<string>;
  /** Class and method, for messages. */
  readonly name: string;
}

type Handler = object & { readonly name: string };
type Class = object & { readonly name: string };

const targets = new WeakMap<Handler, { cls: Class; target: Target } | Map<Class, Target>>();

/** What is known of a handler. One that several classes inherit is told apart by class. */
export function targetOf(cls: Class, handler: Handler): Target {
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
  known: { cls: Class; target: Target } | Map<Class, Target> | undefined,
): Target {
  const target = readTarget(cls, handler);
  if (!known) {
    targets.set(handler, { cls, target });
  } else {
    const map = known instanceof Map ? known : new Map([[known.cls, known.target]]);
    targets.set(handler, map.set(cls, target));
  }
  return target;
}

function readTarget(cls: Class, handler: Handler): Target {
  const exempt = marksOf(EXEMPT, cls, handler);
  return {
    exempt: exempt.some((names) => names.length === 0),
    exemptKeys: new Set(exempt.flat()),
    keys: new Set(marksOf(KEYS, cls, handler).flat()),
    name: `${cls.name}.${handler.name}`,
  };
}
