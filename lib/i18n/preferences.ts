import Negotiator from 'negotiator';

/** Characters of an `Accept…` header that are read. Browsers send fewer; a longer one would only cost time. */
const READ = 1_024;

/** Parses the headers of one request. */
export function createNegotiator(headers: Readonly<Record<string, string>>): Negotiator {
  return new Negotiator({ headers });
}

/** The part of an `Accept…` header that is read: whole items of its first 1,024 characters. */
export function readPreferences(header: string): string {
  if (header.length <= READ) {
    return header;
  }
  const end = header.lastIndexOf(',', READ);
  return header.slice(0, end > 0 ? end : READ);
}
