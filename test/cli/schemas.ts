import { Ajv, type JSONSchemaType } from 'ajv';

// What `--json` gives, as docs/command-line.md describes it. Nothing else may be in it.

type Schema = object;
const text = { type: 'string' };
const maybeText = { type: ['string', 'null'] };
const yes = { type: 'boolean' };
const count = { type: 'integer', minimum: 0 };
const instant = { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' };
const maybeInstant = { anyOf: [instant, { type: 'null' }] };
const list = (items: Schema) => ({ type: 'array', items });
const object = (properties: Record<string, Schema>, optional: Record<string, Schema> = {}) => ({
  type: 'object',
  properties: { ...properties, ...optional },
  required: Object.keys(properties),
  additionalProperties: false,
});

const holder = object({ host: text, pid: count, since: instant, step: maybeText });
const key = object({
  name: text,
  value: yes,
  order: { type: 'number' },
  label: text,
  helpText: text,
  timeout: count,
  scope: { enum: ['site', 'marked'] },
  readOnly: yes,
  phase: { enum: ['open', 'announced', 'readOnly', 'closed', 'reopening'] },
  since: maybeInstant,
  until: maybeInstant,
  endsAt: maybeInstant,
  message: maybeText,
  reason: maybeText,
  actor: maybeText,
  holder: { anyOf: [holder, { type: 'null' }] },
  abandoned: yes,
});
const replica = object({
  id: text,
  host: text,
  pid: count,
  revision: count,
  applied: yes,
  inFlight: count,
  lastSeen: instant,
  silent: yes,
  connection: { enum: ['open', 'closed', 'unknown'] },
  observer: yes,
  unknownKeys: list(text),
});
const quiet = {
  quiet: yes,
  since: maybeInstant,
  replicas: list(
    object({
      id: text,
      host: text,
      pid: count,
      applied: yes,
      silent: yes,
      running: list(object({ route: text, since: instant })),
    }),
  ),
};

const SCHEMAS = {
  status: object({ place: text, maintenance: yes, keys: list(key) }),
  change: object(
    { from: yes, to: yes, revision: count, key },
    { at: instant, acknowledged: list(text), missing: list(text), quiet: object(quiet) },
  ),
  forced: object({ from: yes, to: yes, key }),
  dryRun: object({
    dryRun: { const: true },
    does: text,
    key,
    replicas: list(object({ id: text, host: text, pid: count })),
  }),
  replicas: object({ place: text, replicas: list(replica) }),
  forgotten: object({ id: text, forgotten: { const: true } }),
  quiet: object({ key: text, maintenance: yes, ...quiet }),
  doctor: object({
    place: text,
    healthy: yes,
    findings: list(object({ level: { enum: ['ok', 'warning', 'problem'] }, code: text, message: text })),
  }),
  page: object({ file: text, written: yes, key: text }),
  error: object({ error: object({ code: text, message: text }), exitCode: count }),
};

const ajv = new Ajv({ allErrors: true, strict: false });

/** The value of JSON text that must be of that shape. */
export function parse<T>(kind: keyof typeof SCHEMAS, json: string): T {
  const value: unknown = JSON.parse(json);
  const validate = ajv.compile(SCHEMAS[kind] as unknown as JSONSchemaType<unknown>);
  if (!validate(value)) {
    throw new Error(`${json}\nis not "${kind}": ${ajv.errorsText(validate.errors)}`);
  }
  return value as T;
}
