import { Logger, type ExecutionContext, type OnApplicationShutdown } from '@nestjs/common';
import type { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import type { StateManager } from '../core/state/state-manager.js';
import { isOfApplication } from '../decision/own-providers.js';
import { countConnectionHooks } from './connection-hooks.js';
import type { EventServers } from './event-servers.js';
import { watchMessages } from './message-calls.js';
import { handlesMessages } from './message-methods.js';
import type { InFlight } from '../in-flight/in-flight.js';
import type { CallFollowing } from '../in-flight/call-following.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import type { MaintenanceGuard } from '../http/maintenance.guard.js';

/** Watches the application's gateway messages and microservice handlers while it runs. */
export class MessageWatch implements OnApplicationShutdown {
  private readonly logger = new Logger('Maintenance');
  private readonly unwatch: (() => void)[];

  constructor(
    modules: ModulesContainer,
    { guard: guards }: ResolvedStructure,
    guard: MaintenanceGuard,
    following: CallFollowing,
    inFlight: InFlight,
    events: EventServers,
    manager: StateManager,
    host: HttpAdapterHost,
  ) {
    const classes = [...messageClasses(modules)];
    const serves = (context: ExecutionContext): boolean => {
      const server = serverOf(context);
      return server === undefined || server === host.httpAdapter?.getHttpServer();
    };
    // while providers are created: gateways are registered before any module is configured
    this.unwatch = [
      countConnectionHooks(classes, inFlight.works),
      watchMessages(
        classes,
        inFlight.works,
        guards
          ? {
              canActivate: (context) => guard.canActivate(context),
              serves,
              first: guards === 'first',
              reaches: remembered((cls) => isFollowed(modules, cls, following)),
            }
          : undefined,
      ),
    ];
    inFlight.serves ||= classes.some(handlesMessages);
    manager.changes.subscribe(({ change }) => {
      const { passing } = events;
      if (passing.length > 0 && change.to && change.cause === 'maintain') {
        this.logger.log(
          `Maintenance key "${change.key}" is on. These events are still handled: ${passing.join(', ')}.`,
        );
      }
    });
  }

  onApplicationShutdown(): void {
    this.unwatch.forEach((unwatch) => unwatch());
  }
}

/** Whether there is a provider or a controller of that class whose calls are followed. */
function isFollowed(modules: ModulesContainer, cls: object, following: CallFollowing): boolean {
  for (const wrapper of wrappersOf(modules)) {
    if (wrapper.metatype === cls && following.follows(wrapper)) {
      return true;
    }
  }
  return false;
}

function remembered(ask: (cls: object) => boolean): (cls: object) => boolean {
  const answers = new WeakMap<object, boolean>();
  return (cls) => {
    const answer = answers.get(cls) ?? ask(cls);
    answers.set(cls, answer);
    return answer;
  };
}

function* wrappersOf(modules: ModulesContainer) {
  for (const { providers, controllers } of modules.values()) {
    yield* providers.values();
    yield* controllers.values();
  }
}

function* messageClasses(modules: ModulesContainer): Generator<Function> {
  for (const wrapper of wrappersOf(modules)) {
    if (typeof wrapper.metatype === 'function' && isOfApplication(wrapper)) {
      yield wrapper.metatype;
    }
  }
}

/** The HTTP server a Socket.IO client is connected to; `undefined` with other adapters. */
function serverOf(context: ExecutionContext): unknown {
  const client = context.getArgByIndex<{ nsp?: { server?: { httpServer?: unknown } } } | undefined>(0);
  return client?.nsp?.server?.httpServer;
}
