import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { currentCall } from '../core/calls/current-call.js';
import { WorkCall } from '../core/calls/work-calls.js';
import { StateManager } from '../core/state/state-manager.js';
import { GraphqlPlace, graphqlReply, graphqlRequest } from '../decision/call-facts.js';
import { Evaluator } from '../decision/evaluator.js';
import { PLAIN_POLICY } from '../decision/handler-policy.js';
import { StalePolicy } from '../decision/stale-policy.js';
import { forcePrivate } from '../http/prevent-caching.js';
import { RefusalResponder } from '../http/refusal/refusal-responder.js';
import { InFlight } from '../in-flight/in-flight.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { STRUCTURE } from '../options/tokens.js';
import { MaintenanceGraphQLError } from './transport-errors.js';

interface SelectionSet {
  readonly selections: readonly {
    readonly kind: string;
    readonly name?: { readonly value: string };
    /** Of an inline fragment. */
    readonly selectionSet?: SelectionSet;
  }[];
}

/** What Apollo Server knows of an operation, as far as it is needed here. */
export interface ApolloOperation {
  readonly operationName?: string | null;
  readonly operation?: {
    readonly operation: 'query' | 'mutation' | 'subscription';
    readonly selectionSet: SelectionSet;
  };
  readonly document?: {
    readonly definitions: readonly {
      readonly kind: string;
      readonly name?: { readonly value: string };
      readonly selectionSet?: SelectionSet;
    }[];
  };
  readonly contextValue: unknown;
}

/** Options of Nest's GraphQL module with one of Apollo's drivers. */
interface ApolloOptions {
  driver?: { readonly name?: string };
  plugins?: unknown[];
  server?: { plugins?: unknown[] };
}

/**
 * Decides about GraphQL operations that reach no resolver of Nest's, and so no guard: all of a federation gateway, and the
 * entities that a gateway asks a subgraph for. What is let pass counts as running until its response is sent.
 */
@Injectable()
export class GraphqlOperations {
  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(Evaluator) private readonly evaluator: Evaluator,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
    @Inject(RefusalResponder) private readonly responder: RefusalResponder,
    @Inject(InFlight) private readonly inFlight: InFlight,
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
  ) {}

  /** Before the GraphQL modules start their servers. */
  mount(): void {
    if (!this.structure.guard) {
      return;
    }
    for (const { providers } of this.modules.values()) {
      const options = providers.get('GqlModuleOptions')?.instance as ApolloOptions | null | undefined;
      const driver = options?.driver?.name ?? '';
      if (!options || !driver.startsWith('Apollo')) {
        continue;
      }
      const gateway = driver.includes('Gateway');
      const plugin = new OperationsPlugin(this, gateway);
      this.inFlight.serves ||= gateway;
      if (gateway) {
        options.server = { ...options.server, plugins: withPlugin(options.server?.plugins, plugin) };
      } else {
        options.plugins = withPlugin(options.plugins, plugin);
      }
    }
  }

  /**
   * @returns to be called when the operation is over
   * @throws MaintenanceGraphQLError where it is refused
   */
  async admit({ operation, operationName, contextValue }: ApolloOperation): Promise<() => void> {
    if (this.manager.lease.lapsed()) {
      await this.stale.catchUp();
    }
    const http = graphqlRequest(contextValue);
    const kind = operation?.operation ?? 'query';
    const verdict = this.evaluator.judge({
      request: http,
      http,
      target: PLAIN_POLICY,
      safe: kind !== 'mutation',
      place: http && new GraphqlPlace(http),
    });
    // decided and counted in one tick
    const { refused, personal } = verdict instanceof Promise ? await verdict : verdict;
    if (refused) {
      throw this.refusal(refused, http);
    }
    const reply = personal ? graphqlReply(contextValue) : undefined;
    if (reply) {
      forcePrivate(reply);
    }
    const call = new WorkCall(
      `GraphQL ${kind} ${operationName ?? ''}`.trimEnd(),
      PLAIN_POLICY,
      currentCall(),
      false,
    );
    this.inFlight.works.begin(call);
    return () => this.inFlight.works.end(call);
  }

  private refusal(...of: Parameters<RefusalResponder['ready']['refusal']>): MaintenanceGraphQLError {
    return new MaintenanceGraphQLError(this.responder.ready.refusal(...of));
  }
}

/** A plugin of Apollo Server. */
class OperationsPlugin {
  constructor(
    private readonly operations: GraphqlOperations,
    /** Is everything decided here, or only what has no resolver. */
    private readonly all: boolean,
  ) {}

  requestDidStart(): Promise<object> {
    let over: (() => void) | undefined;
    return Promise.resolve({
      didResolveOperation: async (request: ApolloOperation) => {
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

/** Options may be an object that several applications share: each brings its own plugin. */
const withPlugin = (plugins: unknown[] | undefined, plugin: OperationsPlugin): unknown[] => [
  ...(plugins ?? []).filter((other) => !(other instanceof OperationsPlugin)),
  plugin,
];

/** The field by which a gateway asks a subgraph for what others refer to (Apollo Federation); fragments at the root may hold it. */
function asksForEntities({ operation, document }: ApolloOperation): boolean {
  const pending = operation ? [operation.selectionSet] : [];
  const seen = new Set<string>();
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const { kind, name, selectionSet } of set.selections) {
      if (kind === 'Field') {
        if (name?.value === '_entities') {
          return true;
        }
      } else if (selectionSet) {
        pending.push(selectionSet);
      } else if (name && !seen.has(name.value)) {
        seen.add(name.value);
        const fragment = document?.definitions.find(
          (one) => one.kind === 'FragmentDefinition' && one.name?.value === name.value,
        );
        pending.push(...(fragment?.selectionSet ? [fragment.selectionSet] : []));
      }
    }
  }
  return false;
}
