import type { StoreRow } from '../corpus.js';

export type Json = Record<string, unknown>;

/** The document with something changed in it. */
export const edited =
  (edit: (document: Json) => unknown) =>
  (sound: string): string => {
    const document = JSON.parse(sound) as Json;
    edit(document);
    return JSON.stringify(document);
  };

/** The record of `general`, changed. */
export const general = (edit: (record: Json & { switch: Json; change: Json }) => unknown) =>
  edited((document) => {
    const entry = (document['keys'] as [string, never][]).find(([name]) => name === 'general');
    edit(entry?.[1] as never);
  });

/** A value that cannot be read. */
export const damage = (name: string, text: (sound: string) => string | Buffer, why: string): StoreRow => ({
  name,
  text,
  means: 'damage',
  why,
});

/** The record of a key that is off. */
export const OFF = {
  switch: null,
  holds: [],
  change: {
    cause: 'set',
    from: true,
    to: false,
    message: null,
    reason: null,
    actor: null,
    revision: 1,
    at: 1,
    hooks: true,
  },
};
