import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { currentCall } from '../core/calls/current-call.js';
import { WorkCall } from '../core/calls/work-calls.js';
import type { StateManager } from '../core/state/state-manager.js';
import { GraphqlPlace, graphqlReply, graphqlRequest } from '../decision/call-facts.js';
import type { Evaluator } from '../decision/evaluator.js';
import { PLAIN_POLICY, type HandlerPolicy } from '../decision/handler-policy.js';
import type { StalePolicy } from '../decision/stale-policy.js';
import { MaintenanceGuard } from '../http/maintenance.guard.js';
import { forcePrivate } from '../http/prevent-caching.js';
import type { RefusalResponder } from '../http/refusal/refusal-responder.js';
import type { InFlight } from '../in-flight/in-flight.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import type { ResolvedOptions } from '../options/options.js';
import { guardApollo } from './apollo-operations.js';
import { EntityPolicies } from './entity-policies.js';
import type { GraphqlOperation } from './graphql-operation.js';
import { guardMercurius } from './mercurius-operations.js';
import { PlainResolvers, type GivenResolvers, type GraphqlSchema } from './plain-resolvers.js';
import { MaintenanceGraphQLError } from './transport-errors.js';

/** Options of Nest's GraphQL module. */
interface ModuleOptions extends GivenResolvers {
  readonly driver?: object;
  plugins?: unknown[];
}

/**
 * Decides about GraphQL operations that reach no resolver of Nest's, and so no guard: all operations of a federation gateway,
 * the entities that a gateway asks a subgraph for, and resolvers that are none of Nest's. An admitted operation counts as running until its response is sent.
 */
export class GraphqlOperations {
  private readonly entities: EntityPolicies;

  constructor(
    private readonly modules: ModulesContainer,
    private readonly manager: StateManager,
    private readonly evaluator: Evaluator,
    private readonly stale: StalePolicy,
    private readonly responder: RefusalResponder,
    private readonly inFlight: InFlight,
    private readonly structure: ResolvedStructure,
    private readonly options: ResolvedOptions,
    private readonly builtIn: MaintenanceGuard,
    private readonly config: ApplicationConfig,
  ) {
    this.entities = new EntityPolicies(modules);
  }

  /** Call it before the GraphQL modules start their servers. */
  mount(): void {
    const { guard } = this;
    if (!guard) {
      return;
    }
    for (const { providers } of this.modules.values()) {
      const options = providers.get('GqlModuleOptions')?.instance as ModuleOptions | null | undefined;
      const [, server, kind] = driverOf(options) ?? [];
      if (!options || !server) {
        continue;
      }
      const gateway = kind === 'Gateway';
      this.inFlight.serves ||= gateway;
      const plain = new PlainResolvers(guard, options, this.options.followCalls, this);
      const watch = (schema: GraphqlSchema): void => {
        this.inFlight.serves = plain.watch(schema) || this.inFlight.serves;
      };
      (server === 'Apollo' ? guardApollo : guardMercurius)(this, options, gateway ? undefined : watch);
    }
  }

  /** The one that judges resolvers: the built-in one, or the application's own that takes its place. */
  private get guard(): MaintenanceGuard | undefined {
    return this.structure.guard === false
      ? this.config.getGlobalGuards().find((guard) => guard instanceof MaintenanceGuard)
      : this.builtIn;
  }

  /** The same for one that asks for entities. @param values its variables, or the arguments of the field */
  admitEntities(operation: GraphqlOperation, values: unknown): Promise<() => void> {
    return this.admit(operation, this.entities.find(values));
  }

  /**
   * @returns to be called when the operation is over
   * @throws MaintenanceGraphQLError where it is refused
   */
  async admit(operation: GraphqlOperation, target = PLAIN_POLICY): Promise<() => void> {
    if (this.manager.lease.lapsed()) {
      await this.stale.catchUp();
    }
    const http = graphqlRequest(operation.contextValue);
    const kind = operation.operation?.operation ?? 'query';
    return this.evaluator.judge(
      {
        request: http,
        http,
        target,
        safe: kind !== 'mutation',
        place: http && new GraphqlPlace(http),
      },
      ({ refused, personal }) => {
        if (refused) {
          throw this.refusal(refused, http);
        }
        const name = `GraphQL ${kind} ${operation.operationName ?? ''}`.trimEnd();
        return this.begin(name, target, operation, personal);
      },
    );
  }

  /** Counts an operation, in the tick in which it is admitted. */
  private begin(
    name: string,
    target: HandlerPolicy,
    { contextValue }: GraphqlOperation,
    personal?: boolean,
  ): () => void {
    const reply = personal ? graphqlReply(contextValue) : undefined;
    if (reply) {
      forcePrivate(reply);
    }
    const call = new WorkCall(name, target, currentCall(), false);
    this.inFlight.works.begin(call);
    return () => this.inFlight.works.end(call);
  }

  private refusal(...of: Parameters<RefusalResponder['ready']['refusal']>): MaintenanceGraphQLError {
    return new MaintenanceGraphQLError(this.responder.ready.refusal(...of));
  }
}

/** Nest's driver, or the one that the application's own is derived from. */
function driverOf(options: ModuleOptions | null | undefined): RegExpExecArray | null {
  let driver = options?.driver;
  while (typeof driver === 'function') {
    const found = /^(Apollo|Mercurius)(Federation|Gateway)?Driver$/.exec((driver as { name: string }).name);
    if (found) {
      return found;
    }
    driver = Object.getPrototypeOf(driver) as object;
  }
  return null;
}
