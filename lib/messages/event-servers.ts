import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { Subscription } from 'rxjs';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { messageOf } from '../core/errors/message-of.js';
import type { OpenWork } from '../core/service/open-work.js';
import type { CallFollowing } from '../in-flight/call-following.js';
import type { InFlight } from '../in-flight/in-flight.js';
import type { ResolvedOptions } from '../options/options.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { admitEvent } from './event-admission.js';
import { EventServer, type EventHolder, type EventMethod, type RpcServer } from './event-server.js';
import { KafkaPartitions } from './kafka-partitions.js';
import { eventMethods, messageTransports } from './message-methods.js';
import { RefusedEventFilter } from './refused-event.filter.js';
import { RmqConsumer } from './rmq-consumer.js';
import { RmqQueue } from './rmq-queue.js';
import { settleRefusals } from './rmq-refusals.js';
import { rpcServers } from './rpc-servers.js';

const RMQ = 5;
const KAFKA = 6;

/** Makes the microservices of an application hold events that arrive while a key is on, if their transport can. */
export class EventServers implements OnApplicationShutdown {
  private readonly logger = new Logger('Maintenance');
  private readonly known: EventServer[] = [];
  private readonly subscription: Subscription | undefined;
  /** How often Nest has asked for this application's guards. */
  private asked = 0;

  constructor(
    private readonly modules: ModulesContainer,
    config: ApplicationConfig,
    private readonly options: ResolvedOptions,
    private readonly structure: ResolvedStructure,
    private readonly openWork: OpenWork,
    private readonly following: CallFollowing,
    private readonly inFlight: InFlight,
  ) {
    const original = config.getGlobalGuards;
    config.getGlobalGuards = () => {
      this.asked++;
      return original.call(config);
    };
    if (options.events === 'refuse') {
      config.addGlobalFilter(new RefusedEventFilter());
    }
    this.subscription = rpcServers(modules)?.subscribe((server) => this.add(server));
  }

  /** Patterns of events that are handled whatever is in maintenance, with their handlers. */
  get passing(): readonly string[] {
    return this.options.events === 'refuse'
      ? []
      : [...new Set(this.known.filter((events) => !this.holds(events)).flatMap(describe))];
  }

  onApplicationShutdown(): void {
    this.subscription?.unsubscribe();
  }

  private add(server: RpcServer): void {
    if (typeof server?.addHandler !== 'function' || typeof server.listen !== 'function') {
      return;
    }
    let [asked, inherits] = [this.asked, false];
    const events = new EventServer(server, this.methods(), this.inFlight.works, () => {
      inherits ||= this.asked > asked;
      asked = this.asked;
    });
    this.known.push(events);
    if (server.transportId === RMQ && server.options?.['noAck'] === false) {
      settleRefusals(server);
    }
    if (this.holds(events)) {
      this.guard(events);
    }
    const listen = server.listen;
    server.listen = (callback) => {
      try {
        this.check(events, inherits);
      } catch (error) {
        return callback(error);
      }
      return listen.call(server, callback);
    };
  }

  /** Whether its transport can hold events. */
  private holds({ server }: EventServer): boolean {
    const { transportId } = server;
    const keeps = transportId === KAFKA || (transportId === RMQ && !new RmqQueue(server).forgets);
    return this.options.events === 'wait' && keeps;
  }

  private guard(events: EventServer): void {
    const { server } = events;
    const holder: EventHolder =
      server.transportId === KAFKA
        ? new KafkaPartitions(events, this.openWork)
        : new RmqConsumer(events, this.openWork);
    const original = server.handleEvent;
    if (typeof original !== 'function') {
      return;
    }
    const failed = (reason: unknown): void => this.logger.error(messageOf(reason));
    const handle = async (pattern: string, packet: unknown, context: object): Promise<unknown> => {
      const source = events.find(pattern);
      const run = (): Promise<unknown> => original.call(server, pattern, packet, context);
      if (!source) {
        return run();
      }
      return this.openWork.runOrSkip(
        { name: source.name, scope: source, followed: source.followed },
        () => admitEvent(context, run),
        () => holder.hold(source, context, () => void handle(pattern, packet, context).catch(failed)),
      );
    };
    server.handleEvent = handle;
  }

  /** @throws MaintenanceConfigurationError */
  private check(events: EventServer, inherits: boolean): void {
    const patterns = describe(events);
    const { options, transportId } = events.server;
    const isEmpty = !events.takesMessages && patterns.length === 0;
    if (this.structure.guard !== false && !inherits && !isEmpty && this.handlesAtStart(events)) {
      this.logger.warn(
        `The microservice on ${events.name} does not inherit the settings of the application: its messages are not refused during ` +
          'maintenance, and drains do not wait for them. Connect it with { inheritAppConfig: true }.',
      );
    }
    if (patterns.length === 0 || this.options.events !== 'wait') {
      return;
    }
    if (!this.holds(events)) {
      this.logger.warn(
        `These events are handled during maintenance, too: ${patterns.join(', ')}. ${events.name} cannot keep them for later` +
          `${transportId === RMQ ? ` ${new RmqQueue(events.server).forgets}` : ''}, and refusing them would lose them. ` +
          "Set the maintenance option events to 'pass' if this is intended, or to 'refuse' if they may be lost; " +
          '@MaintenanceExempt() marks a handler that is never affected.',
      );
    } else if (transportId === RMQ) {
      this.checkQueue(events, patterns, options?.['prefetchCount']);
    }
  }

  /**
   * Whether one of its handlers is created when the application starts. For those that are created for each message, Nest asks
   * for guards only then: until then nobody can tell whether they inherit any.
   */
  private handlesAtStart({ server: { transportId } }: EventServer): boolean {
    return [...this.controllers()].some(
      (wrapper) =>
        typeof wrapper.metatype === 'function' &&
        wrapper.isDependencyTreeStatic() &&
        messageTransports(wrapper.metatype).some(
          (transport) => transport === undefined || transportId === undefined || transport === transportId,
        ),
    );
  }

  private checkQueue(events: EventServer, patterns: readonly string[], prefetch: unknown): void {
    if (events.takesMessages) {
      throw new MaintenanceConfigurationError(
        `The microservice on ${events.name} takes events (${patterns.join(', ')}) and request-response messages from one queue: events ` +
          'that wait for the end of maintenance would block those messages. Accepted: an application for each, another transport for ' +
          "the request-response messages, @MaintenanceExempt() on the event handlers, or the maintenance option events: 'pass' or 'refuse'.",
        { option: 'events' },
      );
    }
    if (!prefetch) {
      this.logger.warn(
        `The microservice on ${events.name} has no prefetchCount: all events that the broker has already delivered when maintenance begins are ` +
          'kept in memory. Set prefetchCount to the highest number of unacknowledged events.',
      );
    }
  }

  private methods(): EventMethod[] {
    return [...this.controllers()].flatMap((wrapper) =>
      typeof wrapper.metatype === 'function'
        ? eventMethods(wrapper.metatype, this.following.follows(wrapper))
        : [],
    );
  }

  private *controllers() {
    for (const { controllers } of this.modules.values()) {
      yield* controllers.values();
    }
  }
}

const describe = ({ events }: EventServer): string[] =>
  events.map(([pattern, { name }]) => `${pattern} (${name})`);
