import { credentials, loadPackageDefinition, type Client } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Controller, Injectable, UseGuards, type CanActivate } from '@nestjs/common';
import { GrpcMethod, GrpcStreamCall, GrpcStreamMethod, Transport } from '@nestjs/microservices';
import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MaintenanceDrainError, type MaintenanceService } from 'nestjs-maintenance';
import { map, reduce, Subject, type Observable } from 'rxjs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failure } from '../module/started.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';
import { startHybrid, type Hybrid } from './microservices.js';

const PROTO = fileURLToPath(new URL('../apps/proto/sums.proto', import.meta.url));

interface Numbers {
  readonly values: number[];
}
interface Total {
  readonly value: number;
}

const total = ({ values }: Numbers): number => values.reduce((left, right) => left + right, 0);
let counted = new Subject<Total>();
let begun: string[] = [];

let asked = 0;
let held: Promise<void> | undefined;

@Injectable()
class SlowGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    asked++;
    await held;
    return true;
  }
}

/** What a call with streams is answered by, in each of the ways that Nest has. */
@UseGuards(SlowGuard)
@Controller()
class SumsController {
  @GrpcMethod('Sums', 'Count')
  count(_numbers: Numbers): Observable<Total> {
    begun.push('Count');
    return counted;
  }

  @GrpcStreamMethod('Sums', 'Each')
  each(numbers: Observable<Numbers>): Observable<Total> {
    begun.push('Each');
    return numbers.pipe(map((each) => ({ value: total(each) })));
  }

  @GrpcStreamMethod('Sums', 'Fold')
  fold(numbers: Observable<Numbers>): Observable<Total> {
    begun.push('Fold');
    return numbers.pipe(reduce((sum, each) => ({ value: sum.value + total(each) }), { value: 0 }));
  }

  @GrpcStreamCall('Sums', 'Pipe')
  pipe(call: Duplex): void {
    begun.push('Pipe');
    call.on('data', (each: Numbers) => call.write({ value: total(each) }));
    call.on('end', () => call.end());
  }

  @GrpcStreamCall('Sums', 'Collect')
  collect(call: Readable, answer: (error: unknown, total: Total) => void): void {
    begun.push('Collect');
    let value = 0;
    call.on('data', (each: Numbers) => (value += total(each)));
    call.on('end', () => answer(null, { value }));
  }
}

type Answer = (error: Error | null, total?: Total) => void;
type Sums = Client & {
  Count(numbers: Numbers): Readable & { cancel(): void };
  Each(): Duplex & { cancel(): void };
  Pipe(): Duplex & { cancel(): void };
  Fold(answer: Answer): Writable & { cancel(): void };
  Collect(answer: Answer): Writable & { cancel(): void };
};

let at: Hybrid;
let service: MaintenanceService;
let sums: Sums;

beforeAll(async () => {
  const url = `127.0.0.1:${await freePort()}`;
  at = await startHybrid(
    [{ transport: Transport.GRPC, options: { package: 'sums', protoPath: PROTO, url } }],
    { controllers: [SumsController] },
  );
  service = at.service;
  const loaded = loadPackageDefinition(loadSync(PROTO)) as unknown as {
    sums: { Sums: new (...of: unknown[]) => Sums };
  };
  sums = new loaded.sums.Sums(url, credentials.createInsecure());
});
afterAll(async () => {
  sums?.close();
  await at?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  await service.unsetMaintenance();
  counted = new Subject();
  begun = [];
  asked = 0;
  held = undefined;
});

interface Call {
  /** What its client gets: totals, or why there are none. */
  readonly answer: Promise<unknown>;
  send(): void;
  end(): void;
  cancel(): void;
}

/** Of an answer that is a stream. */
async function collected(stream: Readable): Promise<number[]> {
  const totals: number[] = [];
  stream.on('data', ({ value }: Total) => totals.push(value));
  await once(stream, 'end');
  return totals;
}

function open(name: 'Count' | 'Each' | 'Pipe' | 'Fold' | 'Collect'): Call {
  let answer: Promise<unknown>;
  if (name === 'Count') {
    const stream = sums.Count({ values: [1] });
    answer = collected(stream).catch((error: unknown) => error);
    return {
      answer,
      send: () => counted.next({ value: 3 }),
      end: () => counted.complete(),
      cancel: () => stream.cancel(),
    };
  }
  let stream: Writable & { cancel(): void };
  if (name === 'Each' || name === 'Pipe') {
    const duplex = sums[name]();
    answer = collected(duplex).catch((error: unknown) => error);
    stream = duplex;
  } else {
    let answered: (value: unknown) => void = () => undefined;
    answer = new Promise((resolve) => (answered = resolve));
    stream = sums[name]((error, value) => answered(error ?? value?.value));
    stream.on('error', () => undefined);
  }
  return {
    answer,
    send: () => void stream.write({ values: [1, 2] }),
    end: () => void stream.end(),
    cancel: () => stream.cancel(),
  };
}

describe.each(['Count', 'Each', 'Pipe', 'Fold', 'Collect'] as const)('gRPC: a call of %s', (name) => {
  const handler = `SumsController.${name.toLowerCase()}`;

  it('is refused while a key is on, with the facts', async () => {
    await service.setMaintenance(true, 'general', { message: 'Closed.' });
    const call = open(name);
    expect(await call.answer).toMatchObject({ code: 14, details: 'Closed.' });
    expect(begun).toEqual([]);
  });

  it('is waited for by name while it is open, and goes on meanwhile', async () => {
    const call = open(name);
    call.send();
    await until(() => begun.length === 1);
    const error = await failure(service.maintain('general', () => 'worked', { drain: 100 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    expect(error).toMatchObject({ routes: [handler] });
    let worked = false;
    const working = service.maintain('general', () => (worked = true));
    await until(() => service.isActive());
    call.send();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(worked).toBe(false);
    call.end();
    expect([await call.answer].flat().at(-1)).toBe(name === 'Fold' || name === 'Collect' ? 6 : 3);
    expect(await working).toBe(true);
  });

  it('is no longer waited for when its client has gone', async () => {
    const call = open(name);
    call.send();
    await until(() => begun.length === 1);
    const working = service.maintain('general', () => 'worked');
    await until(() => service.isActive());
    call.cancel();
    expect(await working).toBe('worked');
    await call.answer;
  });
});

/** Nest 11 lets handlers wait without end for what a client who has gone would have sent. */
const LEFT =
  process.env.NEST_MAJOR === '11'
    ? (['Count'] as const)
    : (['Count', 'Each', 'Pipe', 'Fold', 'Collect'] as const);

describe('gRPC: a call whose client goes before its handler has begun', () => {
  it.each(LEFT)('leaves nothing behind: %s', async (name) => {
    let go: () => void = () => undefined;
    held = new Promise((resolve) => (go = resolve));
    const call = open(name);
    call.send();
    await until(() => asked === 1);
    call.cancel();
    await call.answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
    go();
    counted.complete();
    expect(await service.maintain('general', () => 'worked', { drain: 2_000 })).toBe('worked');
  });
});

describe('gRPC: a call whose client does not read what it is answered', () => {
  /** More than what lies between the two. */
  const MANY = 20_000;

  async function answeredUnread(): Promise<Readable & { cancel(): void }> {
    const stream = sums.Count({ values: [1] });
    await until(() => begun.length === 1);
    for (let value = 0; value < MANY; value++) {
      counted.next({ value });
    }
    counted.complete();
    return stream;
  }

  it('is waited for until the client has it all', async () => {
    const stream = await answeredUnread();
    const error = await failure(service.maintain('general', () => 'worked', { drain: 300 }));
    expect(error).toMatchObject({ routes: ['SumsController.count'] });
    const working = service.maintain('general', () => 'worked');
    await until(() => service.isActive());
    expect(await collected(stream)).toHaveLength(MANY);
    expect(await working).toBe('worked');
  });

  it('is no longer waited for when the client has gone', async () => {
    const stream = await answeredUnread();
    const gone = collected(stream).catch(() => 'gone');
    stream.pause();
    const working = service.maintain('general', () => 'worked');
    await until(() => service.isActive());
    stream.cancel();
    stream.resume();
    expect(await working).toBe('worked');
    expect(await gone).toBe('gone');
  });
});
