import { decodeRecord, markOf, NewerFormatError } from '../document/codec.js';
import { messageOf } from '../errors/message-of.js';
import type { StoredRecord } from './store.js';

/** A stored text as it is returned: one that cannot be read concerns its key only. */
export function readRecord(text: string): StoredRecord {
  try {
    return { record: decodeRecord(text) };
  } catch (error) {
    return {
      unreadable: messageOf(error),
      newer: error instanceof NewerFormatError,
      mark: markOf(text),
    };
  }
}
