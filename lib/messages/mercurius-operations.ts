import {
  asksForEntities,
  findOperation,
  type GraphqlDocument,
  type GraphqlOperation,
} from './graphql-operation.js';
import type { GraphqlOperations } from './graphql-operations.js';
import type { GraphqlSchema, WatchSchema } from './plain-resolvers.js';

/** Options of Nest's GraphQL module with one of Mercurius' drivers: further Fastify plugins are registered after it. */
interface MercuriusOptions {
  plugins?: unknown[];
}

type Execute = (source: unknown, context?: object, variables?: unknown, name?: string | null) => unknown;
type Hook = (schema: unknown, document: GraphqlDocument, context: object) => Promise<void>;

/** The part of a Fastify instance with Mercurius that is used here. */
interface MercuriusApp {
  graphql: Execute & { readonly schema: GraphqlSchema; addHook(name: string, hook: Hook): void };
}

/** An operation in progress. */
interface Execution {
  readonly name: string | null | undefined;
  readonly variables: unknown;
  /** To be called when it is over; absent until it is counted. */
  over?: () => void;
}

/**
 * Makes Mercurius ask about operations.
 * @param watch receives its schema; `undefined` for a gateway, which has no resolvers
 */
export function guardMercurius(
  operations: GraphqlOperations,
  options: MercuriusOptions,
  watch: WatchSchema | undefined,
): void {
  const others = (options.plugins ?? []).filter((other) => !(other instanceof OperationsPlugin));
  options.plugins = [...others, new OperationsPlugin(operations, watch)];
}

/** In the form in which Nest's drivers take Fastify plugins. */
class OperationsPlugin {
  readonly options = {};
  readonly plugin: (app: MercuriusApp) => Promise<void>;

  constructor(
    private readonly operations: GraphqlOperations,
    /** If absent, everything is decided here. */
    private readonly watchSchema: WatchSchema | undefined,
  ) {
    this.plugin = (app) => Promise.resolve(this.watch(app));
    // for the application itself, not for an encapsulated part of it
    Object.assign(this.plugin, { [Symbol.for('skip-override')]: true });
  }

  private watch(app: MercuriusApp): void {
    const executions = new WeakMap<object, Execution>();
    this.watchSchema?.(app.graphql.schema);
    // hooks learn neither an operation's name nor that it has failed
    app.graphql = new Proxy(app.graphql, {
      apply: async (execute, app, [source, given, variables, name]: Parameters<Execute>) => {
        const context = given ?? {};
        const execution: Execution = { name, variables };
        executions.set(context, execution);
        try {
          return await Reflect.apply(execute, app, [source, context, variables, name]);
        } finally {
          execution.over?.();
        }
      },
    });
    app.graphql.addHook('preExecution', async (_schema, document, context) => {
      const execution = executions.get(context);
      const over = await this.admit(document, context, execution);
      if (execution) {
        execution.over = over;
      } else {
        over?.();
      }
    });
    if (!this.watchSchema) {
      // a stream of events may stay open for days: it is refused, and no drain waits for it
      app.graphql.addHook('preSubscriptionExecution', async (_schema, document, contextValue) => {
        const over = await this.operations.admit({
          operation: { operation: 'subscription' },
          document,
          contextValue,
        });
        over();
      });
    }
  }

  private admit(
    document: GraphqlDocument,
    contextValue: object,
    { name: operationName, variables }: Partial<Execution> = {},
  ): Promise<() => void> | undefined {
    const operation = findOperation(document, operationName);
    const request: GraphqlOperation = { operation, operationName, document, contextValue };
    if (!this.watchSchema) {
      return this.operations.admit(request);
    }
    return asksForEntities(request) ? this.operations.admitEntities(request, variables) : undefined;
  }
}
