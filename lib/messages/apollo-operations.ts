import { noteGraphqlReply } from '../decision/call-facts.js';
import { asksForEntities, type GraphqlOperation } from './graphql-operation.js';
import type { GraphqlOperations } from './graphql-operations.js';
import type { GraphqlSchema, WatchSchema } from './plain-resolvers.js';
import { MaintenanceGraphQLError } from './transport-errors.js';

/** Options of Nest's GraphQL module with one of Apollo's drivers. */
interface ApolloOptions {
  plugins?: unknown[];
  /** The driver's, which calls the application's own. */
  context?: unknown;
  server?: { plugins?: unknown[] };
}

/**
 * Makes Apollo Server ask about operations.
 * @param watch receives its schema; `undefined` for a gateway, which has no resolvers
 */
export function guardApollo(
  operations: GraphqlOperations,
  options: ApolloOptions,
  watch: WatchSchema | undefined,
): void {
  const plugin = new OperationsPlugin(operations, watch);
  if (!watch) {
    options.server = { ...options.server, plugins: withPlugin(options.server?.plugins, plugin) };
  } else {
    options.plugins = withPlugin(options.plugins, plugin);
    options.context = notingReplies(options.context);
  }
}

const noting = new WeakSet<Function>();

/**
 * On Fastify a context has the request only: whether its response is open could not be seen.
 * @param context the application's: a function, an object or nothing, to which the driver adds the request
 */
function notingReplies(context: unknown): unknown {
  if (typeof context === 'function' && noting.has(context)) {
    return context;
  }
  const noted = (...args: unknown[]): unknown => {
    noteGraphqlReply(args[0], args[1]);
    return typeof context === 'function'
      ? (Reflect.apply(context, undefined, args) as unknown)
      : copyOf(context);
  };
  noting.add(noted);
  return noted;
}

/** Each request gets one of its own. */
const copyOf = (context: unknown): unknown =>
  typeof context === 'object' && context !== null
    ? Object.assign(Object.create(Object.getPrototypeOf(context) as object | null) as object, context)
    : context;

/** An operation in progress. */
interface Execution {
  /** To be called when it is over; absent until it is counted. */
  over?: () => void;
  ended?: true;
}

/** A plugin of Apollo Server. */
class OperationsPlugin {
  /** By Apollo's context of the request. */
  private readonly executions = new WeakMap<object, Execution>();

  constructor(
    private readonly operations: GraphqlOperations,
    /** If absent, everything is decided here. */
    private readonly watch: WatchSchema | undefined,
  ) {}

  serverWillStart({ schema }: { schema: GraphqlSchema }): Promise<void> {
    return Promise.resolve(this.watch?.(schema));
  }

  requestDidStart(context: object): Promise<object> {
    const execution: Execution = {};
    this.executions.set(context, execution);
    return Promise.resolve({
      didResolveOperation: async (request: GraphqlOperation) => {
        if (!this.watch || asksForEntities(request)) {
          const { operations, watch } = this;
          const admitted = watch
            ? operations.admitEntities(request, request.request?.variables)
            : operations.admit(request);
          const over = await admitted.catch(asResponse);
          if (execution.ended) {
            // another plugin has refused it meanwhile
            over();
          } else {
            execution.over = over;
          }
        }
      },
      willSendResponse: () => Promise.resolve(end(execution)),
    });
  }

  /** Another plugin has failed, so that no response is sent by Apollo itself. */
  unexpectedErrorProcessingRequest({ requestContext }: { requestContext: object }): Promise<void> {
    return Promise.resolve(end(this.executions.get(requestContext)));
  }
}

/** As for a refused resolver: Apollo would send 500, and a gateway in front would not pass the facts on. */
function asResponse(error: unknown): never {
  if (error instanceof MaintenanceGraphQLError) {
    error.extensions.http = { status: 200 };
  }
  throw error;
}

function end(execution: Execution | undefined): void {
  if (execution) {
    execution.ended = true;
    execution.over?.();
    delete execution.over;
  }
}

/** Several applications may share one options object: each adds its own plugin. */
const withPlugin = (plugins: unknown[] | undefined, plugin: OperationsPlugin): unknown[] => [
  ...(plugins ?? []).filter((other) => !(other instanceof OperationsPlugin)),
  plugin,
];
