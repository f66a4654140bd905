import type { ActiveKey } from '../../core/state/snapshot.js';
import { EXEMPT_POLICY, PLAIN_POLICY } from '../../decision/handler-policy.js';
import type { IgnorePaths } from '../../decision/ignore-paths.js';
import { answers, enter, recognise, type ExpressLayer, type LayerKind } from './express-layers.js';
import { knowledgeOf, plainRoute, unserved, type GraphqlPaths, type Server } from './site-routes.js';

/** What is known of an application's layers while the same keys are active and no layer is added. */
interface Knowledge {
  readonly stack: readonly ExpressLayer[];
  readonly length: number;
  readonly active: readonly ActiveKey[];
  /** Routes that other keys refuse than the rest of the site. */
  readonly doubtful: readonly ExpressLayer[];
}

/** Reads from an Express router what would serve a request, which has no route yet when it is refused. */
export class ExpressRoutes {
  private readonly marked = new WeakMap<ExpressLayer, LayerKind>();
  private known: Knowledge | undefined;

  constructor(
    private readonly stack: () => readonly ExpressLayer[],
    private readonly ignorePaths: IgnorePaths,
    private readonly graphql: GraphqlPaths,
  ) {}

  /** Notes what the layers are that are added meanwhile. */
  marking<T>(kind: LayerKind, add: () => T): T {
    const before = this.stack().length;
    const result = add();
    for (const layer of this.stack().slice(before)) {
      this.marked.set(layer, kind);
    }
    return result;
  }

  kindOf(layer: ExpressLayer): LayerKind {
    let kind = this.marked.get(layer);
    if (!kind) {
      this.marked.set(layer, (kind = recognise(layer)));
    }
    return kind;
  }

  servesGraphql(path: string): boolean {
    return this.graphql.matches(path);
  }

  /** Whether a request may reach something that other keys refuse than the rest of the site. */
  isDoubtful(path: string, method: string, active: readonly ActiveKey[]): boolean {
    return (
      this.graphql.matches(path) ||
      this.knowledge(active).doubtful.some((layer) => enter(layer, path, method) !== undefined)
    );
  }

  /**
   * What may serve a request, except for static files: the first layer in order of registration that answers, or several if Nest
   * chooses among its routes by version.
   */
  servers(path: string, method: string): readonly Server[] {
    if (this.graphql.matches(path)) {
      return [{ target: EXEMPT_POLICY, place: {} }];
    }
    const layers = this.stack().filter((layer) => this.mayAnswer(layer, path, method));
    const first = layers.findIndex(
      (layer) => this.kindOf(layer) === 'nest' || !this.passesOn(layer, layers, method),
    );
    const layer = layers[first];
    if (!layer) {
      return [unserved(path)];
    }
    return this.kindOf(layer) === 'nest'
      ? layers
          .slice(first)
          .flatMap((other) => (this.kindOf(other) === 'nest' ? this.serversOf(other, path) : []))
      : this.serversOf(layer, path);
  }

  /**
   * Whether one of this library's own routes serves a request: what stands before it passes it on, and the application is not asked
   * about that.
   */
  leadsToOwn(path: string, method: string): boolean {
    return (
      this.ignorePaths.isBelowOwn(path) &&
      this.servers(path, method).some(({ target, place }) => target.exempt && place.template !== undefined)
    );
  }

  /** Of those, Nest's handlers that can be reached by no other path. */
  literalServers(path: string, method: string): readonly Server[] {
    return this.servers(path, method).filter(
      ({ target, place: { template } }) =>
        target !== PLAIN_POLICY && template !== undefined && !/[:*{]/.test(template),
    );
  }

  /** What a layer means for a decision. */
  serversOf(layer: ExpressLayer, path: string): readonly Server[] {
    const { route } = layer;
    if (!route) {
      return [plainRoute(undefined, path)];
    }
    const template = typeof route.path === 'string' ? route.path : undefined;
    if (this.kindOf(layer) !== 'nest') {
      return [plainRoute(template, path)];
    }
    return route.stack.flatMap(({ handle }) => {
      const known = knowledgeOf(handle);
      if (known === 'not-nest') {
        return [];
      }
      return { target: known === 'unknown' ? EXEMPT_POLICY : known.target, place: { template } };
    });
  }

  /** Whether a layer answers this request, as far as can be seen, instead of passing it on to one of this library's own routes. */
  answers(layer: ExpressLayer, path: string, method: string): boolean {
    const kind = this.kindOf(layer);
    return (
      (kind !== 'router' || answers([layer], path, method)) &&
      (kind === 'nest' || kind === 'static' || !this.leadsToOwn(path, method))
    );
  }

  /** Like {@link passesOn}, among all that match this request. */
  yields(layer: ExpressLayer, path: string, method: string): boolean {
    const stack = this.stack();
    const behind = stack.slice(stack.indexOf(layer));
    return this.passesOn(
      layer,
      behind.filter((other) => this.mayAnswer(other, path, method)),
      method,
    );
  }

  private mayAnswer(layer: ExpressLayer, path: string, method: string): boolean {
    const kind = this.kindOf(layer);
    return (
      kind !== 'middleware' &&
      kind !== 'static' &&
      kind !== 'end' &&
      (kind === 'router' ? answers([layer], path, method) : enter(layer, path, method) !== undefined)
    );
  }

  /**
   * Whether a layer only stands before one of Nest's routes: it matches whatever that route matches, so the route could never be
   * reached if it answered. Redirects to https and log-in checks are written like that.
   */
  private passesOn(layer: ExpressLayer, layers: readonly ExpressLayer[], method: string): boolean {
    return layers
      .slice(layers.indexOf(layer) + 1)
      .some(
        (other) =>
          this.kindOf(other) === 'nest' &&
          typeof other.route?.path === 'string' &&
          answers([layer], other.route.path, method),
      );
  }

  /** Searched again when layers were added or other keys are active. */
  private knowledge(active: readonly ActiveKey[]): Knowledge {
    const stack = this.stack();
    const { known } = this;
    if (known?.stack === stack && known.length === stack.length && known.active === active) {
      return known;
    }
    const plain = PLAIN_POLICY.affecting(active).keys;
    const doubtful = stack.filter(
      (layer) =>
        layer.route &&
        this.serversOf(layer, '').some(({ target, place }) => {
          const affecting = this.ignorePaths.affecting(active, { template: place.template });
          const { keys } = target.affecting(affecting);
          return keys.length !== plain.length || keys.some((key, index) => key !== plain[index]);
        }),
    );
    return (this.known = { stack, length: stack.length, active, doubtful });
  }
}
