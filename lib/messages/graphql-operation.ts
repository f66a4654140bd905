interface SelectionSet {
  readonly selections: readonly {
    readonly kind: string;
    readonly name?: { readonly value: string };
    /** Of an inline fragment. */
    readonly selectionSet?: SelectionSet;
  }[];
}

interface Definition {
  readonly kind?: string;
  readonly name?: { readonly value: string };
  /** Absent for a fragment. */
  readonly operation?: 'query' | 'mutation' | 'subscription';
  readonly selectionSet?: SelectionSet;
}

/** A parsed document. */
export interface GraphqlDocument {
  readonly definitions: readonly Definition[];
}

/** The part of a GraphQL server's operation that is used here. */
export interface GraphqlOperation {
  readonly operationName?: string | null;
  readonly operation?: Definition;
  readonly document?: GraphqlDocument;
  readonly contextValue: unknown;
  /** As it was sent, with Apollo. */
  readonly request?: { readonly variables?: unknown };
}

/** The operation of a document that is to be executed: the one with that name, or the only one. */
export function findOperation(
  { definitions }: GraphqlDocument,
  name: string | null | undefined,
): Definition | undefined {
  return definitions.find((one) => one.kind === 'OperationDefinition' && (!name || one.name?.value === name));
}

/** The field by which a gateway asks a subgraph for referenced entities (Apollo Federation). */
export const ENTITIES = '_entities';

/** Whether it contains that field; fragments at the root may. */
export function asksForEntities({ operation, document }: GraphqlOperation): boolean {
  const pending = operation?.selectionSet ? [operation.selectionSet] : [];
  const seen = new Set<string>();
  for (let set = pending.pop(); set; set = pending.pop()) {
    for (const { kind, name, selectionSet } of set.selections) {
      if (kind === 'Field') {
        if (name?.value === ENTITIES) {
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
