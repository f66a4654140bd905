import type { StoreRow } from '../corpus.js';

export type Json = Record<string, unknown>;

/** A document of a cache, or the content of a record, with something changed in it. */
export const edited =
  (edit: (document: Json) => unknown) =>
  (sound: string): string => {
    const document = JSON.parse(sound) as Json;
    edit(document);
    return JSON.stringify(document);
  };

/** What stands before a record's content: format, write id, revision and time. */
export const withHeader =
  (edit: (header: string[]) => unknown) =>
  (sound: string): string => {
    const header = sound.slice(0, sound.indexOf('\n')).split(' ');
    edit(header);
    return `${header.join(' ')}${sound.slice(sound.indexOf('\n'))}`;
  };

/** The content of a record, made into another. */
export const withContent =
  (change: (content: string) => string) =>
  (sound: string): string => {
    const from = sound.indexOf('\n') + 1;
    return sound.slice(0, from) + change(sound.slice(from));
  };

/** The record, changed. */
export const general = (edit: (record: Json & { switch: Json; change: Json }) => unknown) =>
  withContent(edited((record) => edit(record as never)));

/** A value that cannot be read. */
export const damage = (name: string, text: (sound: string) => string | Buffer, why: string): StoreRow => ({
  name,
  text,
  means: 'damage',
  why,
});

/** A record that says that its key is off. */
export const OFF = `1 AAAAAAAAAAAAAAAAAAAAAA 1 1\n${JSON.stringify({
  switch: null,
  holds: [],
  past: [],
  change: {
    cause: 'set',
    from: true,
    to: false,
    message: null,
    reason: null,
    actor: null,
    hooks: true,
  },
})}`;
