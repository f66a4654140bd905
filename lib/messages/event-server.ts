import { currentCall } from '../core/calls/current-call.js';
import { WorkCall, type WorkCalls } from '../core/calls/work-calls.js';
import type { WorkScope } from '../core/calls/work-scope.js';
import type { HandlerPolicy } from '../decision/handler-policy.js';
import { noteEvents } from './emitted-events.js';
import { admittedHandler, EventAdmission, type EventHandler } from './event-admission.js';
import { streamCallHandler } from './grpc-stream-calls.js';
import { spannedHandler } from './message-span.js';

/** Nest's numbers of transports. */
export const TRANSPORTS: Readonly<Record<number, string>> = {
  0: 'TCP',
  1: 'Redis',
  2: 'NATS',
  3: 'MQTT',
  4: 'gRPC',
  5: 'RMQ',
  6: 'Kafka',
};

/** A server of `@nestjs/microservices`, or a strategy of the application's own: the part that is used here. */
export interface RpcServer {
  readonly transportId?: number | symbol;
  readonly options?: Record<string, unknown>;
  addHandler(pattern: unknown, handler: EventHandler, isEvent?: boolean, extras?: object): void;
  getHandlerByPattern?(pattern: string): EventHandler | null;
  normalizePattern?(pattern: unknown): string;
  handleEvent?(pattern: string, packet: unknown, context: object): Promise<unknown>;
  listen(callback: (...answer: unknown[]) => void): unknown;
}

/** A method that handles events, according to its decorators. */
export interface EventMethod {
  readonly patterns: readonly unknown[];
  /** The only one it is for. */
  readonly transport: number | symbol | undefined;
  readonly policy: HandlerPolicy;
  /** Whether the code it reaches knows which call it belongs to. */
  readonly followed: boolean;
}

/** The handler of one pattern. */
export class EventSource implements WorkScope {
  constructor(readonly methods: readonly EventMethod[]) {}

  get name(): string {
    return [...new Set(this.methods.map(({ policy }) => policy.name))].join(', ');
  }

  get followed(): boolean {
    return this.methods.some(({ followed }) => followed);
  }

  readonly isConcernedBy: WorkScope['isConcernedBy'] = (key) =>
    this.methods.some(({ policy }) => policy.isConcernedBy(key));
}

/** Holds events that have to wait. */
export interface EventHolder {
  hold(source: EventSource, context: object, deliver: () => unknown): void;
}

/** A microservice and the events that it receives. */
export class EventServer {
  private readonly sources = new Map<unknown, EventSource>();
  private readonly patterns = new Map<unknown, EventSource>();
  /** Whether it receives anything but events. */
  takesMessages = false;

  /**
   * @param works counts its events
   * @param registering is called before each handler is registered
   */
  constructor(
    readonly server: RpcServer,
    methods: readonly EventMethod[],
    works: WorkCalls,
    registering: () => void,
  ) {
    noteEvents(server);
    const hasContexts = typeof server.transportId === 'number';
    const original = server.addHandler;
    server.addHandler = (pattern, handler, isEvent, extras) => {
      registering();
      if (!isEvent) {
        this.takesMessages = true;
        const spanned = spannedHandler(streamCallHandler(pattern, handler), hasContexts);
        original.call(server, pattern, spanned, isEvent, extras);
        return;
      }
      const route = this.routeOf(pattern);
      const source = new EventSource(methods.filter((method) => this.isFor(method, route)));
      const admitted = admittedHandler(handler, hasContexts, () => {
        const call = new WorkCall(source.name, source, currentCall(), false);
        works.begin(call);
        return new EventAdmission(() => works.end(call), call);
      });
      this.sources.set(admitted, source);
      this.patterns.set(route, source);
      original.call(server, pattern, admitted, isEvent, extras);
    };
  }

  /** For messages: its transport and address. */
  get name(): string {
    const { transportId, options } = this.server;
    const transport = typeof transportId === 'number' ? TRANSPORTS[transportId] : undefined;
    const place = options?.['queue'] ?? options?.['port'] ?? options?.['url'] ?? options?.['host'];
    return `${transport ?? this.server.constructor.name}${typeof place === 'string' || typeof place === 'number' ? ` (${place})` : ''}`;
  }

  /** All handlers of its events, including those that maintenance can never hold. */
  get all(): readonly EventSource[] {
    return [...this.patterns.values()];
  }

  /** Those that maintenance can hold, by pattern. */
  get events(): readonly (readonly [pattern: string, source: EventSource])[] {
    return [...this.patterns]
      .filter(([, { methods }]) => methods.some(({ policy }) => !policy.exempt))
      .map(([pattern, source]) => [String(pattern), source]);
  }

  /** The handler of a pattern as events arrive; `undefined` if there is none. */
  find(pattern: string): EventSource | undefined {
    const handler = this.server.getHandlerByPattern?.(pattern);
    return handler ? this.sources.get(handler) : undefined;
  }

  private isFor({ patterns, transport }: EventMethod, route: unknown): boolean {
    const { transportId } = this.server;
    const mine = transport === undefined || transportId === undefined || transport === transportId;
    return mine && patterns.some((pattern) => this.routeOf(pattern) === route);
  }

  private routeOf(pattern: unknown): unknown {
    return pattern instanceof RegExp || !this.server.normalizePattern
      ? pattern
      : this.server.normalizePattern(pattern);
  }
}
