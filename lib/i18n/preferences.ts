import Negotiator from 'negotiator';

/** Characters of an `Accept…` header that are read. What browsers send is shorter; what is longer only costs time. */
const READ = 1_024;

/** Parses the headers of one request. */
export function createNegotiator(headers: Readonly<Record<string, string>>): Negotiator {
  return new Negotiator({ headers });
}

/** What is read of an `Accept…` header: whole items of its first 1,024 characters. */
export function readPreferences(header: string): string {
  if (header.length <= READ) {
    return header;
  }
  const end = header.lastIndexOf(',', READ);
  return header.slice(0, end > 0 ? end : READ);
}
