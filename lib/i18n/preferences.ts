import type Negotiator from 'negotiator';

/** Characters of an `Accept…` header that are read. What browsers send is shorter; what is longer only costs time. */
const READ = 1_024;

let parser: typeof Negotiator | undefined;

/** Before anything is negotiated; an application that only imports the library need not wait for it. */
export async function loadNegotiator(): Promise<void> {
  parser ??= (await import('negotiator')).default;
}

/** Parses the headers of one request. */
export function createNegotiator(headers: Readonly<Record<string, string>>): Negotiator {
  if (!parser) {
    throw new Error('loadNegotiator() comes first');
  }
  return new parser({ headers });
}

/** What is read of an `Accept…` header: whole items of its first 1,024 characters. */
export function readPreferences(header: string): string {
  if (header.length <= READ) {
    return header;
  }
  const end = header.lastIndexOf(',', READ);
  return header.slice(0, end > 0 ? end : READ);
}
