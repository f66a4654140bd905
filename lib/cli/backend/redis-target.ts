import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { usage } from '../exit.js';
import { decode } from './decode.js';

const SEVERAL = /^(redis|rediss)[+-](sentinel|cluster):\/\/(?:([^@/]*)@)?([^/?]+)(?:\/([^?]*))?(?:\?(.*))?$/;

/**
 * What `--redis` names: a URL as ioredis takes it, or several hosts behind `redis+sentinel://` and `redis+cluster://` (`rediss+…` with
 * TLS).
 * @param ca file of a certificate authority
 */
export async function openTarget(text: string, ca: string | undefined): Promise<string | object> {
  const found = SEVERAL.exec(text);
  const tls = ca === undefined ? undefined : { ca: readCertificate(ca) };
  if (!found) {
    return tls ? withTls(text, tls) : text;
  }
  const [, protocol, kind, credentials = '', hosts = '', path = '', query = ''] = found;
  const nodes = hosts.split(',').map((host) => nodeOf(host, kind === 'sentinel' ? 26_379 : 6_379));
  const [username, password] = credentials.split(':').map((part) => decode(part, '--redis'));
  const parameters = new URLSearchParams(query);
  const common = {
    ...keyPrefixIn(parameters, ...(kind === 'sentinel' ? ['sentinelPassword'] : [])),
    ...(password !== undefined ? { username: username || undefined, password } : {}),
    ...(protocol === 'rediss' && { tls: tls ?? {} }),
  };
  if (kind === 'sentinel') {
    const [name, db] = path.split('/');
    if (!name) {
      throw usage(
        '--redis: the name of the primary is missing; accepted: redis+sentinel://host:26379,host:26379/mymaster',
      );
    }
    const sentinelPassword = parameters.get('sentinelPassword');
    return {
      ...common,
      sentinels: nodes,
      name,
      ...(db && { db: databaseOf(db) }),
      ...(sentinelPassword !== null && { sentinelPassword }),
      ...(common.tls && { enableTLSForSentinelMode: true, sentinelTLS: common.tls }),
    };
  }
  const { Cluster } = await import('ioredis');
  return new Cluster(nodes, { redisOptions: common, lazyConnect: true });
}

/** Whether {@link openTarget} understands it. */
export const isTarget = (text: string): boolean =>
  SEVERAL.test(text) || /^(rediss?:\/\/.|unix:\/|\/.)/.test(text);

/** For messages: without user, password and parameters. */
export const describeTarget = (text: string): string =>
  text.replace(/\?.*$/s, '').replace(/^([a-z+-]+:\/\/)?.*@/s, '$1');

function nodeOf(text: string, port: number): { host: string; port: number } {
  const [, host, given] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined) {
    throw usage(`--redis: ${JSON.stringify(text)} is not a host; accepted: host or host:port.`);
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: given === undefined ? port : Number(given) };
}

/** What an address may have after `?`. One that is not known would lead to another place than was meant. */
function keyPrefixIn(parameters: URLSearchParams, ...others: readonly string[]): { keyPrefix?: string } {
  const accepted = ['keyPrefix', ...others];
  const strange = [...parameters.keys()].find((name) => !accepted.includes(name));
  if (strange !== undefined) {
    throw usage(
      `--redis: ${JSON.stringify(strange)} is not a parameter of this address; accepted: ${accepted.join(', ')}.`,
    );
  }
  const keyPrefix = parameters.get('keyPrefix');
  return keyPrefix === null ? {} : { keyPrefix };
}

function databaseOf(text: string): number {
  if (!/^\d+$/.test(text)) {
    throw usage(`--redis: ${JSON.stringify(text)} is not a database; accepted: a number such as 0.`);
  }
  return Number(text);
}

function withTls(text: string, tls: { ca: string }): object {
  if (!text.startsWith('rediss://')) {
    throw usage('--ca needs a rediss:// URL.');
  }
  const { hostname, port, username, password, pathname, searchParams } = new URL(text);
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? 6_379 : Number(port),
    ...(username && { username: decode(username, '--redis') }),
    ...(password && { password: decode(password, '--redis') }),
    ...(pathname.length > 1 && { db: databaseOf(pathname.slice(1)) }),
    ...keyPrefixIn(searchParams),
    // an IP address is no server name for TLS (RFC 6066)
    tls: { ...tls, ...(isIP(hostname.replace(/^\[|\]$/g, '')) === 0 && { servername: hostname }) },
  };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw usage(`--ca: ${(error as Error).message}`);
  }
}
