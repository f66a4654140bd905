import { Ajv, type JSONSchemaType } from 'ajv';

// What `--json` gives, as docs/command-line.md describes it. Nothing else may be in it.

type Schema = object;
const text = { type: 'string' };
const maybeText = { type: ['string', 'null'] };
const texts = { type: 'object', additionalProperties: text };
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
const progress = object(
  {
    value: { type: 'number', minimum: 0, maximum: 0.99 },
    done: { type: ['number', 'null'] },
    total: { type: ['number', 'null'] },
    step: maybeText,
    remaining: { type: ['number', 'null'] },
    overrun: yes,
    public: yes,
  },
  { steps: { type: 'object' } },
);
const key = object(
  {
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
  },
  {
    upcoming: list(object({ key: text, start: instant, end: instant, message: maybeText })),
    messages: { type: 'object' },
    reopening: object({ from: instant, until: instant }),
    progress,
  },
);
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
  version: maybeText,
  clockSkew: { type: 'integer' },
});
const window = object(
  {
    id: text,
    key: text,
    revision: count,
    start: instant,
    end: instant,
    duration: count,
    timeZone: maybeText,
    repeat: {
      anyOf: [
        object({ cron: text, timeZone: text, until: maybeInstant, count: { type: ['integer', 'null'] } }),
        { type: 'null' },
      ],
    },
    readOnly: count,
    reopenOver: count,
    announce: { anyOf: [count, { const: false }] },
    announcement: maybeText,
    message: maybeText,
    reason: maybeText,
    actor: maybeText,
    cancelled: list(instant),
  },
  { messages: texts, announcements: texts },
);
const maybeWindow = { anyOf: [window, { type: 'null' }] };
const place = { anyOf: [instant, object({ at: text, timeZone: text })] };
const plan = object(
  {},
  {
    start: place,
    end: place,
    duration: count,
    repeat: { type: ['object', 'null'] },
    readOnly: count,
    reopenOver: count,
    announce: { anyOf: [count, { const: false }] },
    announcement: text,
    message: text,
    reason: text,
  },
);
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

const entry = object(
  {
    id: text,
    key: text,
    event: {
      enum: ['entering', 'exiting', 'changed', 'scheduled', 'cancelled', 'abandoned', 'overrun'],
    },
    way: { enum: ['code', 'admin', 'cli', 'window', 'expiry'] },
    cause: { enum: ['set', 'unset', 'maintain', 'release', 'expiry', 'window'] },
    at: instant,
    from: yes,
    to: yes,
    switched: yes,
    extended: yes,
    revision: count,
    message: maybeText,
    reason: maybeText,
    actor: maybeText,
    until: maybeInstant,
    endsAt: maybeInstant,
    previous: object(
      { message: maybeText, reason: maybeText, until: maybeInstant, endsAt: maybeInstant, switched: yes },
      { messages: texts, planned: maybeWindow },
    ),
  },
  {
    messages: texts,
    window: object({ id: text, start: instant, end: instant, message: maybeText }, { messages: texts }),
    holder: { anyOf: [holder, { type: 'null' }] },
    planned: maybeWindow,
  },
);

const SCHEMAS = {
  status: object({
    place: text,
    maintenance: yes,
    store: object({ up: yes, since: maybeInstant, error: maybeText }),
    keys: list(key),
  }),
  change: object(
    { from: yes, to: yes, revision: count, at: instant, key },
    { acknowledged: list(text), missing: list(text), quiet: object(quiet) },
  ),
  forced: object({ from: yes, to: yes, key }),
  dryRun: object(
    {
      dryRun: { const: true },
      does: text,
      key,
      replicas: list(object({ id: text, host: text, pid: count })),
    },
    { routes: object({ closes: list(text), staysOpen: list(text) }) },
  ),
  window: object({ window }),
  windows: object({ place: text, windows: list(window) }),
  planDryRun: object({ dryRun: { const: true }, does: text, key, plan }, { window }),
  cancelled: object({ id: text, cancelled: { const: true }, window: { anyOf: [window, { type: 'null' }] } }),
  cancelDryRun: object({ dryRun: { const: true }, does: text, window }),
  watch: {
    oneOf: [
      object({ at: instant, type: { const: 'change' }, key }),
      object({
        at: instant,
        type: { const: 'replica' },
        id: text,
        host: text,
        pid: count,
        state: { enum: ['running', 'silent', 'gone'] },
        inFlight: count,
      }),
      object({
        at: instant,
        type: { const: 'window' },
        state: { enum: ['planned', 'changed', 'gone'] },
        window,
      }),
      object({
        at: instant,
        type: { const: 'running' },
        key: text,
        quiet: yes,
        running: list(object({ host: text, pid: count, route: text, since: instant })),
      }),
      object({ at: instant, type: { const: 'progress' }, key: text, progress }),
      object({ at: instant, type: { const: 'connection' }, up: yes, error: maybeText }),
    ],
  },
  history: object({ place: text, history: list(entry) }),
  replicas: object({ place: text, replicas: list(replica) }),
  forgotten: object({ id: text, forgotten: { const: true } }),
  forgetDryRun: object({ dryRun: { const: true }, does: text, replica }),
  progress: object({ ok: { const: true } }),
  completion: object({ shell: { enum: ['bash', 'zsh', 'fish'] }, script: text }),
  quiet: object({ key: text, maintenance: yes, ...quiet }),
  doctor: object({
    place: text,
    healthy: yes,
    findings: list(
      object({ level: { enum: ['ok', 'note', 'warning', 'problem'] }, code: text, message: text }),
    ),
  }),
  page: object({ file: text, written: yes, key: text }),
  html: object({ html: text }),
  csp: object({ csp: text }),
  error: object({ error: object({ code: text, message: text }), exitCode: count }),
};

/** What each command may give; `run` leaves stdout to its command, unless it only says what it would do. */
export const KINDS: Readonly<Record<string, readonly (keyof typeof SCHEMAS)[]>> = {
  status: ['status'],
  on: ['change', 'dryRun'],
  off: ['change', 'forced', 'dryRun'],
  extend: ['change', 'dryRun'],
  run: ['dryRun'],
  progress: ['progress'],
  quiet: ['quiet'],
  schedule: ['window', 'planDryRun'],
  windows: ['windows'],
  cancel: ['cancelled', 'cancelDryRun'],
  watch: ['watch'],
  history: ['history'],
  replicas: ['replicas'],
  forget: ['forgotten', 'forgetDryRun'],
  doctor: ['doctor'],
  page: ['page', 'html', 'csp'],
  completion: ['completion'],
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
