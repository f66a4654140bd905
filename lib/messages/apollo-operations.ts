import { asksForEntities, type GraphqlOperation } from './graphql-operation.js';
import type { GraphqlOperations } from './graphql-operations.js';

/** Options of Nest's GraphQL module with one of Apollo's drivers. */
interface ApolloOptions {
  plugins?: unknown[];
  server?: { plugins?: unknown[] };
}

/** Makes Apollo Server ask about operations. */
export function guardApollo(operations: GraphqlOperations, options: ApolloOptions, gateway: boolean): void {
  const plugin = new OperationsPlugin(operations, gateway);
  if (gateway) {
    options.server = { ...options.server, plugins: withPlugin(options.server?.plugins, plugin) };
  } else {
    options.plugins = withPlugin(options.plugins, plugin);
  }
}

/** A plugin of Apollo Server. */
class OperationsPlugin {
  constructor(
    private readonly operations: GraphqlOperations,
    /** Whether everything is decided here, or only what has no resolver. */
    private readonly all: boolean,
  ) {}

  requestDidStart(): Promise<object> {
    let over: (() => void) | undefined;
    return Promise.resolve({
      didResolveOperation: async (request: GraphqlOperation) => {
        if (this.all || asksForEntities(request)) {
          over = await this.operations.admit(request);
        }
      },
      willSendResponse: () => {
        over?.();
        return Promise.resolve();
      },
    });
  }
}

/** Several applications may share one options object: each adds its own plugin. */
const withPlugin = (plugins: unknown[] | undefined, plugin: OperationsPlugin): unknown[] => [
  ...(plugins ?? []).filter((other) => !(other instanceof OperationsPlugin)),
  plugin,
];
