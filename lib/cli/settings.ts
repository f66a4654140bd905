import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { usage } from './exit.js';

/** Where the state is, and how to get there. */
export interface Settings {
  readonly redis?: string;
  readonly url?: string;
  readonly namespace?: string;
  /** `Name: value`, for the admin API. */
  readonly headers: readonly string[];
  /** File with the certificate of the authority that a `rediss://` server is believed by. */
  readonly ca?: string;
  /** Milliseconds that any call may take. */
  readonly commandTimeout?: string;
}

/** What the options of every command may give. */
export interface ConnectionOptions {
  readonly redis?: string;
  readonly url?: string;
  readonly namespace?: string;
  readonly header?: readonly string[];
  readonly ca?: string;
  readonly commandTimeout?: string;
}

const RC = '.maintenancerc';
const FIELDS = ['redis', 'url', 'namespace', 'headers', 'ca', 'commandTimeout'];

/** Options of the command line, else variables, else the nearest `.maintenancerc` or `maintenance` in package.json. */
export function readSettings(options: ConnectionOptions, env: NodeJS.ProcessEnv, folder: string): Settings {
  if (options.redis !== undefined && options.url !== undefined) {
    throw usage('Both --redis and --url were given; accepted: one of them.');
  }
  const file = readConfig(folder);
  const variables = {
    redis: env.MAINTENANCE_REDIS_URL || undefined,
    url: env.MAINTENANCE_URL || undefined,
    headers: (env.MAINTENANCE_HEADER || undefined)?.split('\n').filter(Boolean),
  };
  const sources = [{ ...options, headers: options.header }, variables, file];
  // the nearest one says which way it is
  const place = sources.find(({ redis, url }) => redis !== undefined || url !== undefined);
  if (place?.redis !== undefined && place.url !== undefined) {
    throw usage(
      `Both a Redis and a URL are configured (${place === file ? RC : 'MAINTENANCE_REDIS_URL and MAINTENANCE_URL'}); choose one with --redis or --url.`,
    );
  }
  refuseOfOtherWay(options, place);
  return {
    ...(place?.redis !== undefined && { redis: place.redis }),
    ...(place?.url !== undefined && { url: place.url }),
    namespace: options.namespace ?? (env.MAINTENANCE_NAMESPACE || undefined) ?? file.namespace,
    headers: sources.find((source) => source.headers && isFor(source, place?.url))?.headers ?? [],
    ca: options.ca ?? (env.MAINTENANCE_CA || undefined) ?? file.ca,
    commandTimeout: options.commandTimeout ?? file.commandTimeout,
  };
}

/** Whether headers may be sent to that URL: credentials that stand beside another URL are for the host of that one alone. */
function isFor({ url: own }: Pick<ConnectionOptions, 'url'>, url: string | undefined): boolean {
  return own === undefined || own === url || originOf(own) === originOf(url);
}

const originOf = (url: string | undefined): string | undefined =>
  url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;

/** What a variable or a file says may be for other commands; an option is for this one. */
function refuseOfOtherWay(
  { header, namespace, ca }: ConnectionOptions,
  place: Pick<ConnectionOptions, 'redis' | 'url'> | undefined,
): void {
  if (place?.redis !== undefined && header !== undefined) {
    throw usage('--header works with --url only, and Redis is used here.');
  }
  if (place?.url !== undefined && namespace !== undefined) {
    throw usage('--namespace works with --redis only; an admin API has that of its application.');
  }
  if (place?.url !== undefined && ca !== undefined) {
    throw usage('--ca works with --redis only; for --url set NODE_EXTRA_CA_CERTS to the file.');
  }
}

function readConfig(folder: string): Partial<Settings> {
  for (let at = folder; ; at = dirname(at)) {
    const rc = join(at, RC);
    if (existsSync(rc)) {
      return check(parse(rc), rc);
    }
    const manifest = join(at, 'package.json');
    const found = existsSync(manifest)
      ? (parse(manifest) as { maintenance?: unknown }).maintenance
      : undefined;
    if (found !== undefined) {
      return check(found, `"maintenance" in ${manifest}`);
    }
    if (at === dirname(at)) {
      return {};
    }
  }
}

function parse(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usage(`${file} cannot be read as JSON: ${(error as Error).message}`);
  }
}

function check(value: unknown, where: string): Partial<Settings> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usage(`${where} is not an object; accepted: { "redis": "redis://…" } or { "url": "https://…" }.`);
  }
  for (const [name, given] of Object.entries(value)) {
    const isRight =
      name === 'headers'
        ? Array.isArray(given) && given.every((header) => typeof header === 'string')
        : typeof given === 'string';
    if (!FIELDS.includes(name) || !isRight) {
      throw usage(
        `${where}: ${JSON.stringify(name)} is unknown or has the wrong type; accepted: ${FIELDS.join(', ')}, each a string (headers: an array of strings).`,
      );
    }
  }
  return value as Partial<Settings>;
}
