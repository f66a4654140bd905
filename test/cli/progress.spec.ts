import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProgressSocket, sendProgress } from '../../lib/cli/run/progress-socket.js';
import { parseProgressLine, parseProgressValue, type ProgressNote } from '../../lib/cli/run/progress-text.js';
import { parseProgress } from '../../lib/core/progress/parse-progress.js';

describe('progress values of the command line', () => {
  it.each([
    ['40', { percent: 40 }],
    ['40%', { percent: 40 }],
    ['0', { percent: 0 }],
    ['99.5', { percent: 99.5 }],
    ['12/340', { done: 12, total: 340 }],
    ['0/0', { done: 0, total: 0 }],
  ])('parses %s', (text, value) => expect(parseProgressValue(text)).toEqual(value));

  const vast = '9'.repeat(400);
  it.each(['', 'soon', '140', '-1', '1/', '/2', '1e3', '40 %', 'NaN', '0x10', `${vast}/1`, `1/${vast}`])(
    'rejects %j',
    (text) => expect(() => parseProgressValue(text)).toThrow('accepted: a percentage such as 40, or 12/340'),
  );

  it('are read from lines, with the current step; other lines are ignored', () => {
    expect(parseProgressLine('40 all the orders\r')).toEqual({
      value: { percent: 40 },
      options: { step: 'all the orders' },
    });
    expect(parseProgressLine(' 12/340 ')).toEqual({ value: { done: 12, total: 340 }, options: {} });
    expect(['', 'orders', '140 orders', '{"value":1}'].map(parseProgressLine)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the socket for progress reports', () => {
  let socket: ProgressSocket;
  const taken: ProgressNote[] = [];

  beforeEach(async () => {
    taken.length = 0;
    socket = await ProgressSocket.open((note) => {
      parseProgress(note.value, note.options);
      taken.push(note);
    });
  });
  afterEach(() => socket.close());

  const send = async (text: string): Promise<string> => {
    const client = connect(socket.path);
    client.setEncoding('utf8');
    let said = '';
    client.on('data', (chunk: string) => (said += chunk)).on('error', () => undefined);
    client.write(text);
    await once(client, 'close');
    return said;
  };

  it('is only for this user, accepts reports, and is removed at the end', async () => {
    expect((await stat(dirname(socket.path))).mode & 0o077).toBe(0);
    const note = { value: { percent: 40 }, options: { step: 'orders', public: true } };
    await sendProgress(socket.path, note);
    expect(taken).toEqual([note]);
    await socket.close();
    await expect(stat(dirname(socket.path))).rejects.toThrow('ENOENT');
    await expect(sendProgress(socket.path, note)).rejects.toMatchObject({ exit: 4 });
  });

  it('reports what is wrong with a report', async () => {
    const note = { value: { percent: 140 }, options: {} };
    await expect(sendProgress(socket.path, note)).rejects.toMatchObject({
      exit: 1,
      message: expect.stringContaining('accepted: a fraction from 0 to 1') as unknown,
    });
  });

  it.each([
    ['no JSON', 'hello\n'],
    ['nothing', '\n'],
    ['null', 'null\n'],
    ['a list', '[1]\n'],
    ['no value', '{}\n'],
    ['an invalid value', '{"value":"1","options":{}}\n'],
    ['an unknown option', '{"value":0.1,"options":{"color":"red"}}\n'],
    ['a prototype', '{"value":0.1,"options":{"__proto__":{"public":true}}}\n'],
    ['an oversized report', 'x'.repeat(100_000)],
  ])('is not harmed by %s', async (_what, text) => {
    expect(await send(text)).not.toBe('ok\n');
    expect(taken).toEqual([]);
    await sendProgress(socket.path, { value: 0.5, options: {} });
    expect(taken).toHaveLength(1);
  });
});
