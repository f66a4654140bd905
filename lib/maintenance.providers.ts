import type { Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApplicationCalls } from './core/common/application-calls.js';
import { HistoryWriter } from './core/history/history-writer.js';
import { BypassTokens } from './access/bypass-tokens.js';
import { Decision } from './decision/decision.js';
import { watchHttp2Responses } from './in-flight/http2-responses.js';
import { watchStreamedReplies } from './in-flight/streamed-replies.js';
import { InFlight } from './in-flight/in-flight.js';
import { Permissions } from './access/permissions.js';
import { PageOrigins } from './access/page-origins.js';
import { SocketTickets } from './access/socket-tickets.js';
import { HookRunner } from './core/hooks/hook-runner.js';
import { httpProviders } from './http/http.providers.js';
import { Languages } from './i18n/languages.js';
import { Localizer } from './i18n/localizer.js';
import { Visitors } from './decision/visitors.js';
import { createGeneralKey } from './core/keys/general-maintenance.js';
import { KeyRegistry } from './core/keys/key-registry.js';
import { MODULE_OPTIONS_TOKEN } from './maintenance.module-definition.js';
import type { ResolvedOptions } from './options/options.js';
import type { ResolvedStructure } from './options/structural-options.js';
import { CallFollowing } from './in-flight/call-following.js';
import { createStore } from './core/store/create-store.js';
import { ownProviders } from './decision/own-providers.js';
import { OPTIONS, STRUCTURE } from './options/tokens.js';
import { resolveOptions } from './options/resolve-options.js';
import { newReplica } from './core/state/replica-lease.js';
import { StateManager } from './core/state/state-manager.js';
import { clusterProviders } from './module/cluster.providers.js';
import { lifecycleProviders } from './module/lifecycle.providers.js';
import { error, log, warn } from './module/log.js';
import { made, built } from './decision/provider-factories.js';
import { serviceProviders } from './module/service.providers.js';

/** All that applications and the mounted parts share; pure factories, so that tests can make them without Nest. */
export const coreProviders: Provider[] = ownProviders([
  made(OPTIONS, [MODULE_OPTIONS_TOKEN], (given: unknown) => resolveOptions(given)),
  made(KeyRegistry, [OPTIONS], (options: ResolvedOptions) => {
    const registry = new KeyRegistry(createGeneralKey(options.general));
    options.keys.forEach((key, index) => registry.add(key, `the option "keys" (index ${index})`));
    return registry;
  }),
  made(StateManager, [OPTIONS, KeyRegistry], async (options: ResolvedOptions, registry: KeyRegistry) => {
    const store = await createStore({ ...options, identified: options.bypass.secrets.length > 0 });
    const history = new HistoryWriter(options.history, warn);
    return new StateManager(
      store,
      registry,
      newReplica(options),
      options.commandTimeout,
      { log, warn },
      false,
      history,
    );
  }),
  made(HookRunner, [], () => new HookRunner(error)),
  ...lifecycleProviders,
  made(
    ApplicationCalls,
    [OPTIONS],
    ({ callTimeout }: ResolvedOptions) => new ApplicationCalls(callTimeout, error),
  ),
  built(Decision, ApplicationCalls, Visitors),
  made(InFlight, [HttpAdapterHost], (host: HttpAdapterHost) => {
    watchHttp2Responses(host);
    watchStreamedReplies(host);
    return new InFlight();
  }),
  built(CallFollowing, OPTIONS),
  made(
    BypassTokens,
    [OPTIONS, StateManager],
    ({ bypass, namespace }: ResolvedOptions, { store }: StateManager) =>
      new BypassTokens(bypass.secrets, namespace, store),
  ),
  made(
    Permissions,
    [OPTIONS, ApplicationCalls],
    ({ permissions }: ResolvedOptions, calls: ApplicationCalls) => new Permissions(permissions, calls, warn),
  ),
  made(
    Localizer,
    [OPTIONS, ApplicationCalls],
    ({ translate, languages }: ResolvedOptions, calls: ApplicationCalls) =>
      new Localizer(translate, new Languages(languages), calls),
  ),
  made(PageOrigins, [STRUCTURE], (structure: ResolvedStructure) => new PageOrigins(structure)),
  made(
    SocketTickets,
    [STRUCTURE, StateManager],
    (structure: ResolvedStructure, manager: StateManager) => new SocketTickets(structure, manager),
  ),
  ...clusterProviders,
  ...serviceProviders,
  ...httpProviders,
]);
