/** How far a store is: history, revision and id of its last write, separated by dots; `''` if it is empty. */
export type Version = string;

/** The parts of a {@link Version}. */
export interface VersionParts {
  readonly history: string;
  readonly revision: number;
  readonly write: string;
}

const PARTS = /^([\w-]+)\.(\d{1,16})\.([\w-]+)$/;

export const formatVersion = ({ history, revision, write }: VersionParts): Version =>
  `${history}.${revision}.${write}`;

/** `undefined` for an invalid version, or that of an empty store. */
export function parseVersion(version: Version): VersionParts | undefined {
  const [, history, revision, write] = PARTS.exec(version) ?? [];
  return history !== undefined && write !== undefined && Number.isSafeInteger(Number(revision))
    ? { history, revision: Number(revision), write }
    : undefined;
}

/** Whether one version is as far as another, or further, in the same history. */
export function isAtLeast(one: Version, other: Version): boolean {
  const [a, b] = [parseVersion(one), parseVersion(other)];
  return one === other || (a !== undefined && a.history === b?.history && a.revision >= b.revision);
}
