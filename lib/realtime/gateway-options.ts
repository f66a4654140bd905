import { GATEWAY_METADATA, GATEWAY_OPTIONS, PORT_METADATA } from '@nestjs/websockets/constants.js';
import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';
import { isOfApplication } from '../decision/own-providers.js';
import type { MaintenanceSocketOptions, ResolvedStructure } from '../options/structural-options.js';

/** What a gateway is decorated with: the part that matters here. */
interface GatewayOptions {
  readonly path?: string;
  readonly namespace?: unknown;
  readonly [option: string]: unknown;
}

/** The socket options with their defaults; a namespace may be given without its slash, as in Nest's own gateways. */
export function socketOptionsOf({
  socket,
}: ResolvedStructure): MaintenanceSocketOptions & { namespace: string } {
  const options = socket || {};
  const { namespace = '/maintenance' } = options;
  return { ...options, namespace: namespace.startsWith('/') ? namespace : `/${namespace}` };
}

/**
 * The options with which Nest opens the Socket.IO server. The first gateway on a path opens it, and the options of later ones
 * are ignored; so ours, which may well be the first, repeats what the application's own would have said.
 *
 * @param isSocketIo whether the application's adapter speaks Socket.IO; called when the gateway is opened
 */
export function serverOptions(
  { path, cors, origins }: MaintenanceSocketOptions,
  others: readonly GatewayOptions[],
  isSocketIo: () => boolean,
): object {
  const own: GatewayOptions = { path, cors: cors ?? (origins && { origin: origins, credentials: true }) };
  const shared = others.find((other) => pathOf(other.path) === pathOf(path)) ?? own;
  return {
    ...shared,
    namespace: undefined,
    // on any other adapter ours only shares what is open anyway
    get path() {
      return isSocketIo() ? shared.path : others[0]?.path;
    },
  };
}

/**
 * Options of the application's gateways on its HTTP server, in the order in which Nest opens them.
 * @param own ours; an earlier application of the same registration has left its options on it
 */
export function gatewaysOf(modules: ModulesContainer, own: Type): GatewayOptions[] {
  const gateways: GatewayOptions[] = [];
  for (const { providers } of modules.values()) {
    for (const { metatype } of [...providers.values()].filter(isOfApplication)) {
      if (metatype !== own && isGateway(metatype)) {
        gateways.push((Reflect.getMetadata(GATEWAY_OPTIONS, metatype) ?? {}) as GatewayOptions);
      }
    }
  }
  return gateways;
}

function isGateway(metatype: unknown): metatype is object {
  return (
    typeof metatype === 'function' &&
    Reflect.hasMetadata(GATEWAY_METADATA, metatype) &&
    !Reflect.getMetadata(PORT_METADATA, metatype)
  );
}

const pathOf = (path = '/socket.io'): string => path.replace(/\/$/, '');
