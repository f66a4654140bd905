import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from '../request/http-request.js';
import { AdminApiError, badRequest } from './admin.errors.js';

/** Twice the length of the longest accepted body, with every character written as an escape. */
const LIMIT = 256 * 1024;

type WithBody = HttpRequest & { readonly body?: unknown };

/**
 * The JSON of a request, whatever body parser the application uses, or none.
 * @throws AdminApiError 400, 413, 415
 */
export async function readJson(request: WithBody): Promise<unknown> {
  checkJson(request);
  return parseJson(await contentOf(request));
}

/**
 * The JSON of a request that may have none; `undefined`: it has none, although it may announce JSON.
 * @throws AdminApiError 400, 413, 415
 */
export async function readOptionalJson(request: WithBody): Promise<unknown> {
  if (!hasBody(request)) {
    return undefined;
  }
  checkJson(request);
  const content = await contentOf(request);
  return isText(content) && content.length === 0 ? undefined : parseJson(content);
}

const contentOf = async (request: WithBody): Promise<unknown> =>
  request.body === undefined ? readStream(request) : request.body;

const isText = (content: unknown): content is string | Buffer =>
  typeof content === 'string' || Buffer.isBuffer(content);

/** What a parser has left as text. */
function parseJson(content: unknown): unknown {
  if (!isText(content)) {
    return content;
  }
  try {
    return JSON.parse(content.toString());
  } catch {
    throw badRequest([{ field: 'body', message: 'The body is not valid JSON.' }]);
  }
}

/**
 * A body of any other type could come from a form on another site.
 * @throws AdminApiError 415
 */
export function checkJson({ headers }: HttpRequest): void {
  const type = headers['content-type'];
  if (type?.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json') {
    throw new AdminApiError(
      415,
      `A change must be sent as "application/json"; received ${type === undefined ? 'no Content-Type' : JSON.stringify(type.slice(0, 100))}.`,
    );
  }
}

/** Whether a request announces a body. */
export function hasBody({ headers }: HttpRequest): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding, 'content-type': type } = headers;
  return type !== undefined || encoding !== undefined || (length !== undefined && length !== '0');
}

/** Reads the body if no parser has: the application has none, or it skipped this request. */
async function readStream(request: HttpRequest): Promise<Buffer> {
  const stream = request.raw ?? (request as unknown as IncomingMessage);
  const chunks: Buffer[] = [];
  let size = 0;
  if (!stream.readableEnded) {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMIT) {
        throw new AdminApiError(413, `The body is larger than ${LIMIT} bytes.`);
      }
      chunks.push(chunk);
    }
  }
  return Buffer.concat(chunks);
}
