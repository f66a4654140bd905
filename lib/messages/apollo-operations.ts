import { noteGraphqlReply } from '../decision/call-facts.js';
import { asksForEntities, type GraphqlOperation } from './graphql-operation.js';
import type { GraphqlOperations } from './graphql-operations.js';

/** Options of Nest's GraphQL module with one of Apollo's drivers. */
interface ApolloOptions {
  plugins?: unknown[];
  /** The driver's, which calls the application's own. */
  context?: unknown;
  server?: { plugins?: unknown[] };
}

/** Makes Apollo Server ask about operations. */
export function guardApollo(operations: GraphqlOperations, options: ApolloOptions, gateway: boolean): void {
  const plugin = new OperationsPlugin(operations, gateway);
  if (gateway) {
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
    /** Whether everything is decided here, or only what has no resolver. */
    private readonly all: boolean,
  ) {}

  requestDidStart(context: object): Promise<object> {
    const execution: Execution = {};
    this.executions.set(context, execution);
    return Promise.resolve({
      didResolveOperation: async (request: GraphqlOperation) => {
        if (this.all || asksForEntities(request)) {
          const over = await this.operations.admit(request);
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
